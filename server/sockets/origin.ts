/** The page's own scheme, port and names. A request must name them; no other origin is accepted. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { badParameter } from '../../runtime/errors/api-error.ts';

export interface Origin {
  secure: boolean;
  port: number;
  /** the values of Host and, after the scheme, of Origin; the first one is printed */
  hosts: readonly string[];
}

/** Other machines need TLS, because the token and the cookie must not be readable on the network. */
export interface Tls {
  address: string;
  port: number;
  /** PEM, with the chain */ cert: string;
  /** PEM */ key: string;
}

export const originOf = ({ secure }: Pick<Origin, 'secure'>, host: string): string =>
  `${secure ? 'https' : 'http'}://${host}`;

export const loopback = (port: number): Origin => ({
  secure: false,
  port,
  hosts: ['127.0.0.1', 'localhost'].map((name) => `${name}:${port}`),
});

/** Reads `DNS:dock.example, IP Address:10.0.0.7`, the format of subjectAltName in X509Certificate. */
function namesIn(certificate: X509Certificate): string[] {
  const entries = (certificate.subjectAltName ?? '')
    .split(', ')
    .map((entry) => /^(?:DNS|IP Address):([\w.:-]+)$/.exec(entry)?.[1]);
  return entries
    .filter((name) => name !== undefined)
    .map((name) => (isIP(name) === 6 ? `[${name.toLowerCase()}]` : name.toLowerCase()));
}

function certificateOf({ cert, key }: Tls, now: number): X509Certificate {
  let certificate: X509Certificate;
  let own: boolean;
  try {
    certificate = new X509Certificate(cert);
    own = certificate.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw badParameter(
      `the certificate or its key cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!own) throw badParameter('the key does not belong to the certificate');
  if (Date.parse(certificate.validTo) < now)
    throw badParameter(`the certificate was good until ${certificate.validTo}`);
  return certificate;
}

/**
 * Answers only to the names in the certificate, so a name that an attacker rebinds to this address is refused. A
 * wildcard (`*.example`) counts as no name.
 */
export function secured(tls: Tls, port: number, now = Date.now()): Origin {
  const names = namesIn(certificateOf(tls, now));
  if (!names.length)
    throw badParameter(
      'the certificate names no host: its subjectAltName has to hold the name or the address that is opened in the browser',
    );
  // browsers leave out the scheme's default port
  return { secure: true, port, hosts: names.map((name) => (port === 443 ? name : `${name}:${port}`)) };
}
