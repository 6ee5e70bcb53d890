/** A git server on loopback: git's own CGI program, or plain files, as web servers without git have them. */
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface GitServer {
  /** 'http://127.0.0.1:1234' */
  url: string;
  /** the requests, without their queries */
  asked: string[];
  close(): void;
}

/** git-http-backend(1). */
function smart(root: string, req: IncomingMessage, res: ServerResponse): void {
  const [path, query = ''] = req.url!.split('?');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: req.method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: req.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: req.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
    },
  });
  req.pipe(child.stdin).on('error', () => undefined);
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.on('close', () => {
    const all = Buffer.concat(parts);
    const end = all.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of all.subarray(0, end).toString().split('\r\n')) {
      const [, name = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? [];
      if (name === 'Status') status = Number.parseInt(value, 10);
      else if (name) res.setHeader(name, value);
    }
    res.writeHead(status).end(all.subarray(end + 4));
  });
}

function dumb(root: string, req: IncomingMessage, res: ServerResponse): void {
  const file = join(root, new URL(req.url!, 'http://x').pathname);
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) createReadStream(file).pipe(res);
  else res.writeHead(404).end();
}

export async function gitServer(root: string, isSmart: boolean): Promise<GitServer> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url!.split('?')[0]!);
    (isSmart ? smart : dumb)(root, req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close: () => void server.close() };
}

const identity = ['-c', 'user.name=x', '-c', 'user.email=x@example.test', '-c', 'protocol.file.allow=always'];
/** In a repository's directory. */
export const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', [...identity, ...args], { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** Commits all, and makes a bare copy for a server. Returns the commit. */
export function publish(dir: string, bare: string, message: string): string {
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '--allow-empty', '-m', message);
  git(dir, 'push', '-q', '--force', '--all', bare);
  git(dir, 'push', '-q', '--force', '--tags', bare);
  git(bare, 'update-server-info');
  return git(dir, 'rev-parse', 'HEAD');
}
