/** The playground over the fake engine, and a browser that may send anything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { Playground } from '../../server/live/playground.ts';
import { FakeEngine } from '../server/fake-engine.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
/** The content of a file beside dist/web, which must not be served. */
export const SECRET = 'not for the page';
/** The inline script of the page. */
export const SCRIPT = 'first();';

export class Site {
  readonly engine = new FakeEngine();
  readonly dir = mkdtempSync('/tmp/drydock-live-test-');
  readonly playground: Playground;
  port = 0;
  token = '';
  cookie = '';

  constructor() {
    const files = join(this.dir, 'web');
    mkdirSync(files);
    writeFileSync(join(this.dir, 'secret'), SECRET);
    const metas = '<meta nonce="__NONCE__"><meta name="address" content="__ADDRESS__">';
    writeFileSync(join(files, 'index.html'), `${metas}<script>${SCRIPT}</script>`);
    writeFileSync(join(files, 'page.js'), 'export {};');
    writeFileSync(join(files, '.hidden'), SECRET);
    this.playground = new Playground(this.engine, files);
  }

  /** Returns a new token. */
  async invite(): Promise<string> {
    const url = new URL((await this.playground.address()).url);
    this.port = Number(url.port);
    return url.searchParams.get('token')!;
  }

  /** A visitor with a session. */
  async open(): Promise<this> {
    this.token = await this.invite();
    const { headers } = await this.get(`/open?token=${this.token}`);
    this.cookie = (headers['set-cookie']?.[0] ?? '').split(';')[0]!;
    return this;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = request(
        { host: '127.0.0.1', port: this.port, path, method, agent: false, headers: { Host: this.host, ...headers } },
        (res) => {
          let body = '';
          res.on('data', (data) => (body += data));
          res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body }));
        },
      );
      req.on('error', reject);
      req.end();
    });
  }

  /** The status that answers a WebSocket upgrade; 101 is a connection, which is closed again. */
  upgrade(headers: Record<string, string>, path = '/live'): Promise<number> {
    return new Promise((resolve, reject) => {
      const req = request({
        host: '127.0.0.1',
        port: this.port,
        path,
        agent: false,
        headers: {
          Host: this.host,
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      });
      req.on('response', (res) => (res.resume(), resolve(res.statusCode!)));
      req.on('upgrade', (res, socket) => (socket.destroy(), resolve(res.statusCode!)));
      req.on('error', reject);
      req.end();
    });
  }

  async close(): Promise<void> {
    await this.playground.close();
    await this.engine.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
