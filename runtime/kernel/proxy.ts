/**
 * Which requests go through a proxy: HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the daemon's environment, read as Go's
 * net/http, and so dockerd, reads them (golang.org/x/net/http/httpproxy).
 *
 * http://    the request goes to the proxy, with the whole URL in its first line: RFC 9112, 3.2.2
 * https://   the proxy opens a tunnel (CONNECT), and TLS goes through it: RFC 9110, 9.3.6
 */
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

type Environment = NodeJS.ProcessEnv;
const named = (env: Environment, name: string): string => env[name] || env[name.toLowerCase()] || '';

/** The settings as /info shows them, without passwords. */
export function proxySettings(env: Environment = process.env): Record<'HttpProxy' | 'HttpsProxy' | 'NoProxy', string> {
  return {
    HttpProxy: masked(named(env, 'HTTP_PROXY')),
    HttpsProxy: masked(named(env, 'HTTPS_PROXY')),
    NoProxy: named(env, 'NO_PROXY'),
  };
}
const masked = (proxy: string): string => proxy.replace(/^([a-z]+:\/\/)[^/@]+@/i, '$1xxxxx:xxxxx@');

/**
 * 'proxy:3128' means http://proxy:3128. Throws for an invalid value, because connecting without a proxy is not meant.
 */
function parseProxy(text: string): URL {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Error(`invalid proxy ${JSON.stringify(masked(text))}: give http://host:port or https://host:port`);
  return url;
}

const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');
const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether an entry of NO_PROXY matches: '*', '10.0.0.0/8', '10.0.0.1:5000', 'example.com' (it and all names below),
 * '.example.com' (only names below).
 */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [base = '', prefix] = entry.split('/');
  if (prefix !== undefined && isIP(base)) {
    const most = isIP(base) === 6 ? 128 : 32;
    if (!isIP(host) || !/^\d{1,3}$/.test(prefix) || Number(prefix) > most) return false;
    const network = new BlockList();
    network.addSubnet(base, Number(prefix), family(base));
    return network.check(host, family(host));
  }
  const [, named = entry, onPort] = isIP(entry) ? [] : (/^(.*):(\d+)$/.exec(entry) ?? []);
  if (onPort !== undefined && onPort !== port) return false;
  const name = withoutBrackets(named).replace(/^\*\./, '.');
  if (!name) return false;
  if (isIP(name)) return name === host;
  return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

/** The proxy for `target`; undefined: connect directly. */
export function proxyFor(target: URL, env: Environment = process.env): URL | undefined {
  const proxy = named(env, target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!proxy) return undefined;
  const host = withoutBrackets(target.hostname).toLowerCase();
  if (host === 'localhost' || (isIP(host) && loopback.check(host, family(host)))) return undefined;
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  const entries = named(env, 'NO_PROXY').toLowerCase().split(',');
  if (entries.some((entry) => covers(entry.trim(), host, port))) return undefined;
  return parseProxy(proxy);
}

/** The Proxy-Authorization header from the user name and password in the proxy's URL; {} without them. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Node passes the request's options to its agent, except `signal`. So the signal is passed under this name. */
export interface TunnelOptions extends https.RequestOptions {
  abandoned?: AbortSignal | undefined;
}

/**
 * An agent whose connections are CONNECT tunnels. No package is used, because those wait for the proxy's response
 * without a time limit, and return the proxy's error response as if the registry had sent it.
 */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #silenceMs: number;

  constructor(proxy: URL, options: https.AgentOptions, silenceMs: number) {
    super(options);
    this.#proxy = proxy;
    this.#silenceMs = silenceMs;
  }

  override createConnection(
    options: TunnelOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const done = callback as (error: Error | null, socket?: Duplex) => void;
    const { hostname, port, protocol, host: shown } = this.#proxy;
    const path = `${isIP(options.host ?? '') === 6 ? `[${options.host}]` : options.host}:${options.port}`;
    const fail = (why: string, cause?: Error & { code?: string }) =>
      done(Object.assign(new Error(`proxy ${shown}: ${why}`, { cause }), cause?.code && { code: cause.code }));
    const asked = (protocol === 'https:' ? https : http).request({
      host: withoutBrackets(hostname),
      port: port || (protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path,
      agent: false,
      headers: { Host: path, 'User-Agent': 'drydock', ...proxyAuthorization(this.#proxy) },
      timeout: this.#silenceMs,
    });
    asked.once('timeout', () =>
      asked.destroy(Object.assign(new Error(`silent for ${this.#silenceMs / 1000} s`), { code: 'ETIMEDOUT' })),
    );
    asked.once('error', (error: Error & { code?: string }) => fail(error.message, error));
    asked.once('connect', ({ statusCode, statusMessage }, socket, head) => {
      socket.setTimeout(0);
      if (statusCode !== 200 || head.length) {
        socket.destroy();
        return fail(
          head.length && statusCode === 200 ? 'spoke before TLS did' : `${statusCode} ${statusMessage ?? ''}`.trim(),
        );
      }
      done(null, connectTls({ ...(options as ConnectionOptions), socket }));
    });
    const abandon = () => asked.destroy(options.abandoned!.reason as Error);
    options.abandoned?.addEventListener('abort', abandon);
    asked.once('close', () => options.abandoned?.removeEventListener('abort', abandon));
    asked.end();
  }
}
