/**
 * The checks of every request and every upgrade, and the headers of every answer. The daemon runs as root, and a page
 * of any site may send requests to loopback. So:
 *
 *   Host          must be ours: a name that an attacker rebinds to 127.0.0.1 is refused (DNS rebinding)
 *   Origin        must be ours where the browser sends it, and an upgrade must send it (cross-site WebSocket hijacking;
 *                 cookies do not tell ports apart)
 *   Sec-Fetch-*   no frame, script or image of another site (Fetch Metadata)
 *   the cookie    HttpOnly, SameSite=Strict, given in exchange for a token
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { originOf, type Origin } from '../sockets/origin.ts';

export interface Refused {
  status: 400 | 401 | 403;
  message: string;
}

/**
 * The cookie's name contains the port, because all ports of a host share cookies (RFC 6265, 8.5): two daemons must not
 * overwrite each other's.
 */
export const cookieName = (port: number): string => `drydock-${port}`;

export function setCookie({ port, secure }: Origin, session: string): string {
  return `${cookieName(port)}=${session}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

export function sessionOf(headers: IncomingHttpHeaders, port: number): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const found = pairs.filter(([name]) => name === cookieName(port));
  // When the name occurs twice, one of the two was not set by the daemon.
  return found.length === 1 ? found[0]![1] : undefined;
}

/** The reason to refuse a request, or undefined. `upgrade`: a WebSocket, which must send its origin. */
export function refusal(headers: IncomingHttpHeaders, place: Origin, upgrade: boolean): Refused | undefined {
  const { host, origin } = headers;
  if (!host || !place.hosts.includes(host)) return { status: 403, message: 'this host name is not ours' };
  if (origin !== undefined ? origin !== originOf(place, host) : upgrade)
    return { status: 403, message: 'this origin is not ours' };
  const site = headers['sec-fetch-site'];
  // following a link or typing the address is a navigation; for this the token decides
  const navigation = !upgrade && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (typeof site === 'string' && !['same-origin', 'none'].includes(site) && !navigation)
    return { status: 403, message: 'another site may not ask this' };
  return undefined;
}

export const nonce = (): string => randomBytes(16).toString('base64');

/**
 * The answer's headers. The policy allows only the daemon's own files. The nonce is for the style elements that
 * xterm.js makes for its colours; scripts have none. The WebSocket is named separately, because in some browsers
 * `connect-src 'self'` does not include ws:.
 */
export function headersFor(place: Origin, host: string, once: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${once}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ${place.secure ? 'wss' : 'ws'}://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html',
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  };
}

/** The policy, which then allows this inline script too: by its hash, so that no other can run (CSP Level 3, 2.3.1). */
export function allowing(script: string, policy: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return policy.replace("script-src 'self'", `script-src 'self' 'sha256-${hash}'`);
}
