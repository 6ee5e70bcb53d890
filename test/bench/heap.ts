/**
 * The size of a daemon's JavaScript heap after garbage collection, measured from outside: DevTools protocol, domains
 * HeapProfiler and Runtime.
 */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { Daemon } from '../e2e/daemon.ts';

/** The flag for the daemon's Node. Port 0 is any free port; the daemon's log contains it. */
export const INSPECT = '--inspect=127.0.0.1:0';

export async function heapOf(daemon: Daemon): Promise<number> {
  const address = /ws:\/\/\S+/g.exec(readFileSync(daemon.log, 'utf8'))?.[0];
  if (!address) throw new Error(`${daemon.log} names no inspector: was the daemon started with ${INSPECT}?`);
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const ask = (id: number, method: string) =>
    new Promise<{ usedSize?: number }>((resolve) => {
      socket.on('message', (data) => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: { usedSize?: number } };
        if (answer.id === id) resolve(answer.result ?? {});
      });
      socket.send(JSON.stringify({ id, method }));
    });
  await ask(1, 'HeapProfiler.collectGarbage');
  const { usedSize = 0 } = await ask(2, 'Runtime.getHeapUsage');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.close();
  await closed;
  return usedSize / 2 ** 20;
}
