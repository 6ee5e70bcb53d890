/** The playground's server: on loopback, made when it is first asked for, and closed with the daemon. */
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Engine } from '../../runtime/machine/engine.ts';
import { conflict, Refusal } from '../../runtime/machine/refusal.ts';
import { syscalls } from '../../runtime/kernel/syscalls.ts';
import { phases } from '../../runtime/steps/phases.ts';
import pkg from '../../package.json' with { type: 'json' };
import { refusal, sessionOf } from './guard.ts';
import { Keys } from './keys.ts';
import { listContainers } from './listed.ts';
import { pageApp } from './page.ts';
import { LIMITS, PATH, type PhaseText } from './protocol.ts';
import { Viewer } from './viewer.ts';

/** How often the list is looked at while somebody looks at the page: in memory, and sent only when it has changed. */
const LOOK_MS = 150;
const GOING_AWAY = 1001;

const phaseTexts: readonly PhaseText[] = phases.map(({ id, title, steps }) => ({ id, title, steps: steps.map((step) => ({ id: step.id, title: step.title, explain: step.explain })) }));

export class Playground {
  readonly #keys = new Keys();
  readonly #viewers = new Map<WebSocket, Viewer>();
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: LIMITS.message, perMessageDeflate: false, clientTracking: false });
  #server: Promise<Server> | undefined;
  #look: NodeJS.Timeout | undefined;

  /** `files`: dist/web */
  constructor(private readonly engine: Engine, private readonly files: string) {}

  /** An address with a token that is good once; port 0 is any free one. */
  async address(port = 0): Promise<{ url: string }> {
    if (!existsSync(join(this.files, 'index.html'))) throw new Refusal(501, `the page is missing from ${this.files}; build it with npm ci`);
    const server = await (this.#server ??= this.#listen(port).catch((error: unknown) => {
      this.#server = undefined;
      throw conflict(`the playground cannot listen on port ${port}: ${error instanceof Error ? error.message : String(error)}`);
    }));
    const actual = portOf(server);
    if (port && port !== actual) throw conflict(`the playground already listens on port ${actual}`);
    return { url: `http://127.0.0.1:${actual}/open?token=${this.#keys.token()}` };
  }

  /** Somebody looks, or is about to. */
  busy = (): boolean => this.#viewers.size > 0 || this.#keys.expected();

  #listen(port: number): Promise<Server> {
    const app = pageApp({ keys: this.#keys, files: this.files, port: () => portOf(server) });
    const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 }, app as RequestListener);
    server.maxConnections = 4 * LIMITS.viewers;
    server.on('upgrade', (req, socket, head) => this.#upgrade(server, req, socket, head));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      // loopback only: whoever comes from elsewhere comes through a tunnel of root's own
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  }

  #upgrade(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const port = portOf(server);
    const refused = refusal(req.headers, port, true);
    if (refused) return refuse(socket, '403 Forbidden', refused.message);
    if (!this.#keys.knows(sessionOf(req.headers, port) ?? '')) return refuse(socket, '401 Unauthorized', 'no session');
    if (req.url !== PATH) return refuse(socket, '404 Not Found', 'there is nothing here');
    if (this.#viewers.size >= LIMITS.viewers) return refuse(socket, '503 Service Unavailable', 'too many viewers');
    this.#sockets.handleUpgrade(req, socket, head, (ws) => this.#welcome(ws));
  }

  #welcome(ws: WebSocket): void {
    const viewer = new Viewer(this.engine, ws);
    this.#viewers.set(ws, viewer);
    ws.on('close', () => {
      this.#viewers.delete(ws);
      if (this.#viewers.size) return;
      clearInterval(this.#look);
      this.#look = undefined;
    });
    viewer.tell({ type: 'hello', version: pkg.version, phases: phaseTexts, calls: Object.keys(syscalls) });
    this.#tellList();
    this.#look ??= setInterval(() => this.#tellList(), LOOK_MS);
  }

  #tellList(): void {
    const list = listContainers(this.engine);
    for (const viewer of this.#viewers.values()) viewer.list({ type: 'containers', list });
  }

  async close(): Promise<void> {
    clearInterval(this.#look);
    for (const ws of this.#viewers.keys()) ws.close(GOING_AWAY, 'the daemon ends');
    const server = await this.#server?.catch(() => undefined);
    server?.close();
    server?.closeAllConnections();
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function refuse(socket: Duplex, status: string, message: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`, () => socket.destroy());
}
