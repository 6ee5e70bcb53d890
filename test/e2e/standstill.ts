/**
 * How long a daemon stops answering, and how much memory it needs, for the operations that a large image or container
 * makes large.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { recordOf } from '../../runtime/container/logs/log-record.ts';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { digestOf } from '../image/tarball.ts';
import { brokenImage } from './broken-image.ts';
import type { Daemon } from './daemon.ts';

/** `files`: number of files in one directory of a layer or container; `log`: bytes. */
export interface Sizes {
  files: number;
  log: number;
  seconds: number;
}
export interface Stood {
  what: string;
  /** the longest /_ping, in ms */ ping: number;
  /** the highest resident size, in MiB */ resident: number;
  /** total duration, in ms */ took: number;
}

/** A separate process, so that work of the test is not measured. It ends with its stdin. */
const PINGER = `
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let longest = 0, over = false;
const ping = () => {
  const begun = performance.now();
  http.get({ socketPath: process.argv[1], path: '/_ping', agent }, (res) => res.resume().on('end', () => {
    longest = Math.max(longest, performance.now() - begun);
    if (over) { console.log(longest); process.exit(); }
    setTimeout(ping, 2);
  }));
};
process.stdin.resume().on('end', () => { over = true; });
ping();
`;

/** The kernel's highest resident size (VmHWM) is reset before: proc_pid_clear_refs(5). */
async function measured(daemon: Daemon, what: string, body: () => Promise<unknown>): Promise<Stood> {
  writeFileSync(`/proc/${daemon.pid}/clear_refs`, '5');
  const pinger = spawn(process.execPath, ['-e', PINGER, daemon.socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  pinger.stdout.on('data', (data) => (said += String(data)));
  const gone = new Promise((resolve) => pinger.once('exit', resolve));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const begun = performance.now();
  try {
    await body();
  } finally {
    pinger.stdin.end();
    await gone;
  }
  const resident = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) / 1024;
  return { what, ping: Number(said), resident, took: performance.now() - begun };
}

/** Reads the response to its end without keeping it; returns the number of bytes. */
function drain(daemon: Daemon, method: string, path: string, signal?: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const req = request({ socketPath: daemon.socket, method, path, agent: false, ...(signal && { signal }) }, (res) => {
      if (res.statusCode! >= 300) reject(new Error(`${method} ${path}: ${res.statusCode}`));
      res
        .on('data', (data: Buffer) => (bytes += data.length))
        .on('end', () => resolve(bytes))
        .on('error', () => resolve(bytes));
    });
    req.on('error', (error) => (signal?.aborted ? resolve(bytes) : reject(error))).end();
  });
}

/** A tar with this number of empty files in one directory. */
export function manyFiles(count: number): Buffer {
  const tar = Buffer.alloc(512 * (count + 2));
  const head = Buffer.alloc(512);
  head.write('many/00000000', 0);
  head.write(
    ['0000644', '0000000', '0000000', '00000000000', '00000000000'].map((field) => `${field}\x00`).join('') +
      '        0',
    100,
  );
  head.write('ustar\x0000', 257);
  for (let n = 0; n < count; n++) {
    head.write(String(n).padStart(8, '0'), 5);
    head.fill(' ', 148, 156);
    head.write(
      `${head
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    head.copy(tar, 512 * n);
  }
  return tar;
}

/** Fills the log with lines of a hundred bytes. */
function fillLog(path: string, bytes: number): void {
  const line = recordOf(1, BigInt(Date.now()) * 1_000_000n, Buffer.from(`${'l'.repeat(99)}\n`));
  const piece = Buffer.concat(Array.from({ length: 10_000 }, () => line));
  for (let written = 0; written < bytes; written += piece.length) appendFileSync(path, piece);
}

/** The image `tiny` must exist. */
export async function standstills(daemon: Daemon, { files, log, seconds }: Sizes): Promise<Stood[]> {
  const stood: Stood[] = [];
  const during = async (what: string, body: () => Promise<unknown>) =>
    void stood.push(await measured(daemon, what, body));
  await daemon.ok('run', '-d', '--name', 'large', 'tiny', 'sleep', '1000000');
  const { Id } = await daemon.json<{ Id: string }>('/containers/large/json');
  const dir = join(daemon.root, 'containers', Id);
  mkdirSync(join(dir, 'upper/many'));
  for (let n = 0; n < files; n++) writeFileSync(join(dir, 'upper/many', String(n)), '');
  fillLog(join(dir, 'output.log'), log);

  await during('logs --tail 3', () => drain(daemon, 'GET', '/containers/large/logs?stdout=1&stderr=1&tail=3'));
  await during('logs', () => drain(daemon, 'GET', '/containers/large/logs?stdout=1&stderr=1'));
  await during('a recording', () => drain(daemon, 'GET', '/drydock/containers/large/recording'));
  await during('diff', () => drain(daemon, 'GET', '/containers/large/changes'));
  await during('inspect --size', () => drain(daemon, 'GET', '/containers/large/json?size=1'));
  await during('system df', () => drain(daemon, 'GET', '/system/df'));
  const asks = ['logs?stdout=1&stderr=1&tail=3', 'changes', 'json?size=1', 'logs?stdout=1&tail=1000&timestamps=1'];
  await during('32 clients at once', () =>
    Promise.all(
      Array.from({ length: 32 }, (_, n) => drain(daemon, 'GET', `/containers/large/${asks[n % asks.length]}`)),
    ),
  );
  await during('rm -f', () => drain(daemon, 'DELETE', '/containers/large?force=1'));

  const tar = manyFiles(files);
  for (const [what, diffID] of [
    ['a pull that is refused at its end', `sha256:${'0'.repeat(64)}`],
    ['a pull', digestOf(tar)],
  ] as const) {
    const registry = await faultyRegistry(brokenImage({ tar, diffID }));
    await during(what, () => drain(daemon, 'POST', `/images/create?fromImage=${registry.host}/many&tag=latest`));
    if (what === 'a pull') await during('rmi', () => drain(daemon, 'DELETE', `/images/${registry.host}/many:latest`));
    await registry.close();
  }

  await daemon.ok(
    'run',
    '-d',
    '--name',
    'loud',
    '--log-opt',
    'max-size=100m',
    '--log-opt',
    'max-file=2',
    'tiny',
    'sh',
    '-c',
    'while :; do head -c 5000000 /dev/zero | tr "\\0" "\\n"; sleep 0.1; done',
  );
  await during('output of 50 MB/s, with four who follow', async () => {
    const over = AbortSignal.timeout(seconds * 1000);
    await Promise.all(
      Array.from({ length: 4 }, (_, n) =>
        drain(
          daemon,
          n % 2 ? 'POST' : 'GET',
          `/containers/loud/${n % 2 ? 'attach?stream=1&stdout=1' : 'logs?follow=1&stdout=1'}`,
          over,
        ),
      ),
    );
  });
  await daemon.ok('rm', '-f', 'loud');
  return stood;
}
