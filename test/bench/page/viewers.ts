/** Twenty viewers of one container that prints ten megabytes a second; one of them does not read. */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { Daemon } from '../../e2e/daemon.ts';

export interface Viewers {
  slowestMBs: number;
  fastestMBs: number;
  longestSilenceMs: number;
  grownMiB: number;
}
const COUNT = 20;
const SECONDS = 8;

const resident = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
async function cookieOf(url: string): Promise<string> {
  const { headers } = await fetch(url);
  return headers.getSetCookie()[0]!.split(';')[0]!;
}

class Looker {
  bytes = 0;
  silence = 0;
  #last = performance.now();
  readonly socket: WebSocket;
  constructor(origin: string, cookie: string, id: string) {
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/live`, {
      headers: { Cookie: cookie, Origin: origin },
    });
    this.socket.on('open', () => this.socket.send(JSON.stringify({ ask: 1, topic: 'attach', id, terminal: 1 })));
    this.socket.on('message', (data: Buffer, binary) => {
      if (!binary) return;
      this.look();
      this.bytes += data.length;
    });
    this.socket.on('error', () => undefined);
  }
  /** Updates the longest time without output. */
  look(): void {
    const now = performance.now();
    this.silence = Math.max(this.silence, now - this.#last);
    this.#last = now;
  }
  begin(): void {
    this.bytes = this.silence = 0;
    this.#last = performance.now();
  }
}

export async function viewers(daemon: Daemon): Promise<Viewers> {
  // With a fresh daemon: one that has just read 100,000 events releases memory during the measurement, and would seem
  // to shrink.
  await daemon.stop();
  await daemon.start();
  const url = await daemon.ok('playground', '--no-open');
  const { origin } = new URL(url);
  const cookie = await cookieOf(url);
  const id = await daemon.ok(
    'run',
    '-d',
    '--network',
    'none',
    'ubuntu',
    'sh',
    '-c',
    'while :; do head -c 1000000 /dev/zero | tr "\\0" x; sleep 0.07; done',
  );
  const before = resident(daemon.pid!);
  const lookers = Array.from({ length: COUNT }, () => new Looker(origin, cookie, id));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  lookers[0]!.socket.pause();
  const reading = lookers.slice(1);
  for (const one of reading) one.begin();
  let most = 0;
  for (let j = 0; j < SECONDS * 4; j++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    most = Math.max(most, resident(daemon.pid!));
  }
  for (const one of reading) one.look();
  const rates = reading.map(({ bytes }) => bytes / SECONDS / 1e6);
  for (const { socket } of lookers) socket.terminate();
  await daemon.removeAll();
  return {
    slowestMBs: Math.min(...rates),
    fastestMBs: Math.max(...rates),
    longestSilenceMs: Math.max(...reading.map(({ silence }) => silence)),
    grownMiB: most - before,
  };
}
