/** A certificate authority with a certificate for the daemon (127.0.0.1) and one for a client, made by openssl. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes ca.pem, cert.pem and key.pem in `dir`/server and `dir`/client, as docker's DOCKER_CERT_PATH has them. */
export function certificates(dir: string): { server: string; client: string } {
  mkdirSync(dir);
  const ca = join(dir, 'ca.pem');
  const caKey = join(dir, 'ca-key.pem');
  openssl('req', '-x509', ...EC, '-subj', `/CN=${basename(dir)} authority`, '-days', '2', '-keyout', caKey, '-out', ca);
  const made = { server: join(dir, 'server'), client: join(dir, 'client') };
  for (const [name, home] of Object.entries(made)) {
    mkdirSync(home);
    const [request, ext] = [join(dir, `${name}.csr`), join(dir, `${name}.ext`)];
    writeFileSync(ext, `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${name}Auth\n`);
    openssl('req', ...EC, '-subj', `/CN=${name}`, '-keyout', join(home, 'key.pem'), '-out', request);
    const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', ext];
    openssl('x509', '-req', '-in', request, ...signed, '-out', join(home, 'cert.pem'));
    openssl('x509', '-in', ca, '-out', join(home, 'ca.pem'));
  }
  return made;
}

/** The flags of docker, dockerd and drydock for these files. */
export const tlsFlags = (home: string): string[] => [
  '--tlsverify',
  ...['ca', 'cert', 'key'].flatMap((name) => [`--tls${name === 'ca' ? 'cacert' : name}`, join(home, `${name}.pem`)]),
];
