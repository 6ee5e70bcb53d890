/**
 * Certificates for single registries, where docker looks for them: dockerd, "Verify repository client with
 * certificates".
 *
 *   /etc/docker/certs.d/HOST[:PORT]/   *.crt            authorities that may have signed the registry's certificate
 *                                      NAME.cert, .key  our certificate for the registry, and its key
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { hasCode } from './errors.ts';

export interface RegistryTls {
  ca: string[];
  cert: string[];
  key: string[];
}

/** The first that has a directory of the host's name is read. */
const directories = (): string[] => [
  ...(process.env['DRYDOCK_CERTS_D'] ? [process.env['DRYDOCK_CERTS_D']] : []),
  '/etc/drydock/certs.d',
  '/etc/docker/certs.d',
];

function namesIn(dir: string): string[] | undefined {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function readIn(dir: string, names: readonly string[]): RegistryTls {
  const stems = (extension: string) =>
    names.filter((name) => name.endsWith(extension)).map((name) => name.slice(0, -extension.length));
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  const [certs, keys] = [stems('.cert'), stems('.key')];
  const keyless = certs.find((stem) => !keys.includes(stem));
  if (keyless !== undefined)
    throw new Error(
      `missing key ${keyless}.key for client certificate ${keyless}.cert in ${dir}. ` +
        'CA certificates must use the extension .crt',
    );
  const certless = keys.find((stem) => !certs.includes(stem));
  if (certless !== undefined)
    throw new Error(`missing client certificate ${certless}.cert for key ${certless}.key in ${dir}`);
  return {
    ca: stems('.crt').map((stem) => read(`${stem}.crt`)),
    cert: certs.map((stem) => read(`${stem}.cert`)),
    key: keys.map((stem) => read(`${stem}.key`)),
  };
}

/**
 * The files for `host`, 'registry.example:5000' as in URL.host; undefined when there are none. Throws Error for half of
 * a pair. The host may be what a registry has redirected to, so a name that is a path is not looked up.
 */
export function registryTls(host: string): RegistryTls | undefined {
  if (/[/\0]/.test(host) || host.startsWith('.')) return undefined;
  for (const directory of directories()) {
    const dir = join(directory, host);
    const names = namesIn(dir);
    if (!names) continue;
    const { ca, cert, key } = readIn(dir, names);
    // given alone, `ca` would replace the well-known authorities
    return { ca: ca.length ? [...rootCertificates, ...ca] : [], cert, key };
  }
  return undefined;
}
