/**
 * The counters of each link in a process's network namespace, except lo: the columns of /proc/PID/net/dev,
 * proc_pid_net(5).
 */
import { readFile } from 'node:fs/promises';

const RECEIVE = ['bytes', 'packets', 'errors', 'dropped', 'fifo', 'frame', 'compressed', 'multicast'];
const TRANSMIT = ['bytes', 'packets', 'errors', 'dropped', 'fifo', 'colls', 'carrier', 'compressed'];
const COLUMNS = [...RECEIVE.map((name) => `rx_${name}`), ...TRANSMIT.map((name) => `tx_${name}`)];
/** docker's names of the counters */
const KEPT = /^[rt]x_(bytes|packets|errors|dropped)$/;

export function parseNetDev(text: string): Record<string, Record<string, number>> {
  const lines = text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [, name, counters] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      return name && counters && name !== 'lo' ? [[name, counters.trim().split(/\s+/).map(Number)] as const] : [];
    });
  return Object.fromEntries(
    lines.map(([name, values]) => [
      name,
      Object.fromEntries(COLUMNS.flatMap((column, j) => (KEPT.test(column) ? [[column, values[j] ?? 0]] : []))),
    ]),
  );
}

/** `pid` is the pid on the host. The result is empty when the process is gone. */
export async function interfaceStats(pid: number): Promise<Record<string, Record<string, number>>> {
  return parseNetDev(await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => ''));
}
