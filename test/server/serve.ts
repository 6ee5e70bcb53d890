/** A server over the fake engine on a socket in a temporary directory, and its clients: docker, HTTP, raw bytes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createDockerServer, type ServerOptions } from '../../server/docker/app.ts';
import { FakeEngine } from './fake-engine.ts';

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}
export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: () => Record<string, unknown>;
}

interface RunOptions {
  input?: string;
  ms?: number;
  hold?: boolean;
  typed?: Promise<string>;
}

/** A request that asks for the connection, with `body` as its JSON. */
export const upgradeOf = (path: string, body = '') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

export class Served {
  readonly engine = new FakeEngine();
  readonly dir = mkdtempSync('/tmp/drydock-server-test-');
  readonly socket = join(this.dir, 'docker.sock');
  readonly #server: Server;

  constructor(options?: ServerOptions) {
    this.#server = createDockerServer(this.engine, options);
    this.#server.listen(this.socket);
  }

  /**
   * Runs a command with DOCKER_HOST set to this server; kills it after `ms`. `typed` is written to stdin, which then
   * stays open.
   */
  run(
    command: string,
    args: string[],
    { input = '', ms = 60_000, hold = false, typed }: RunOptions = {},
  ): Promise<Ran> {
    return new Promise((resolve) => {
      const child = spawn(command, args, {
        env: { ...process.env, DOCKER_HOST: `unix://${this.socket}`, DOCKER_CONFIG: this.dir },
        stdio: 'pipe',
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), ms);
      const ran: Ran = { code: null, out: '', err: '' };
      child.stdout.on('data', (data) => (ran.out += data));
      child.stderr.on('data', (data) => (ran.err += data));
      child.stdin.on('error', () => undefined);
      if (hold) child.stdin.write(input);
      else child.stdin.end(input);
      void typed?.then((text) => child.stdin.write(text));
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ ...ran, code });
      });
    });
  }
  docker = (...args: string[]): Promise<Ran> => this.run('docker', args);

  http(method: string, path: string, body?: string | object, headers: Record<string, string> = {}): Promise<Answered> {
    const bytes = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const req = request(
        {
          socketPath: this.socket,
          method,
          path,
          agent: false,
          headers: {
            ...(bytes !== undefined && {
              'Content-Type': 'application/json',
              ...(!headers['Transfer-Encoding'] && { 'Content-Length': Buffer.byteLength(bytes) }),
            }),
            ...headers,
          },
        },
        (res) => {
          let text = '';
          res.on('data', (data) => (text += data));
          res.on('end', () =>
            resolve({
              status: res.statusCode!,
              headers: res.headers,
              text,
              json: () => JSON.parse(text) as Record<string, unknown>,
            }),
          );
          res.on('error', reject);
        },
      );
      req.on('error', reject);
      req.end(bytes);
    });
  }

  /**
   * Sends bytes (followed by FIN with `end`, and by `later` after 100 ms) and collects the answer until the server
   * closes or `ms` have passed.
   */
  raw(
    bytes: string | Buffer,
    {
      end = false,
      ms = 60_000,
      later,
      then,
    }: {
      end?: boolean;
      ms?: number;
      later?: string;
      then?: (socket: ReturnType<typeof connect>, seen: string) => void;
    } = {},
  ): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ path: this.socket, allowHalfOpen: true });
      let seen = '';
      const done = () => {
        clearTimeout(timer);
        socket.destroy();
        resolve(seen);
      };
      const timer = setTimeout(done, ms);
      socket.on('data', (data) => {
        seen += data.toString('latin1');
        then?.(socket, seen);
      });
      socket.on('end', done);
      socket.on('close', done);
      socket.on('error', done);
      socket.write(bytes);
      if (later) setTimeout(() => socket.write(later), 100);
      if (end) socket.end();
    });
  }

  async close(): Promise<void> {
    await this.engine.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
