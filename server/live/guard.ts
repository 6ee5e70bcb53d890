/**
 * What every request and every upgrade has to pass, and the headers that every answer carries. The daemon is root, and
 * any page of any site may send requests to loopback, so:
 *
 *   Host          is ours: a name that an attacker rebinds to 127.0.0.1 is not (DNS rebinding)
 * Origin is ours where the browser says it, and an upgrade has to say it (cross-site WebSocket hijacking; cookies do
 * not tell ports apart)
 *   Sec-Fetch-*   no other site's frame, script or picture (Fetch Metadata)
 *   the cookie    HttpOnly, SameSite=Strict, had for a token
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { originOf, type Place } from '../sockets/origin.ts';

export interface Refused {
  status: 400 | 401 | 403;
  message: string;
}

/** Cookies are shared by all ports of a host (RFC 6265, 8.5): two daemons must not overwrite each other's. */
export const cookieName = (port: number): string => `drydock-${port}`;

export function setCookie({ port, secure }: Place, session: string): string {
  return `${cookieName(port)}=${session}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

export function sessionOf(headers: IncomingHttpHeaders, port: number): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const found = pairs.filter(([name]) => name === cookieName(port));
  // twice the same name: somebody else has set one of them
  return found.length === 1 ? found[0]![1] : undefined;
}

/** `upgrade`: a WebSocket, which has to name its origin. */
export function refusal(headers: IncomingHttpHeaders, place: Place, upgrade: boolean): Refused | undefined {
  const { host, origin } = headers;
  if (!host || !place.hosts.includes(host)) return { status: 403, message: 'this host name is not ours' };
  if (origin !== undefined ? origin !== originOf(place, host) : upgrade)
    return { status: 403, message: 'this origin is not ours' };
  const site = headers['sec-fetch-site'];
  // following a link or typing the address is a navigation; the token decides about that
  const navigation = !upgrade && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (typeof site === 'string' && !['same-origin', 'none'].includes(site) && !navigation)
    return { status: 403, message: 'another site may not ask this' };
  return undefined;
}

export const nonce = (): string => randomBytes(16).toString('base64');

/**
 * Nothing but our own files. The nonce is for the style elements that xterm.js makes for its colours; scripts have
 * none.
 * `connect-src 'self'` does not mean ws: in every browser.
 */
export function headersFor(place: Place, host: string, once: string): Record<string, string> {
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
