/** The program closes its terminal and opens it again: its output arrives, and the shim does not spin meanwhile. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { clients } from './daemon.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('a terminal closed and opened again', { images: ['tiny'] });
const CLOSE = 'exec </dev/null >/dev/null 2>&1';

for (const client of clients)
  s.test(`${client} run -t: what is written to /dev/console after all had closed the terminal is shown`, async () => {
    const script = `echo early; ${CLOSE}; for n in 1 2 3; do /bin/busybox usleep 50000; echo late $n >/dev/console; done`;
    const { out, code } = await s.daemon.client(client, ['run', '--rm', '-t', 'tiny', 'sh', '-c', script]);
    assert.equal([out.replaceAll('\r', ''), code], ['early\nlate 1\nlate 2\nlate 3\n', 0]);
  });

s.test('while nothing has it open the shim sleeps, and the program can be stopped', async () => {
  await s.daemon.ok('run', '-d', '-t', '--name', 'closed', 'tiny', 'sh', '-c', `${CLOSE}; exec sleep 1000`);
  const { State } = await s.daemon.json<{ State: { Pid: number } }>('/containers/closed/json');
  const open = () => s.daemon.ok('exec', 'closed', 'sh', '-c', 'ls -l /proc/1/fd');
  await until('the terminal is closed', async () => !/pts|console/.test(await open()));
  const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${State.Pid}/status`, 'utf8'))?.[1]);
  /**
   * Number of times that the shim went to sleep. A shim that polls goes to sleep often; one that spins uses CPU time.
   */
  const turns = () =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${shim}/status`, 'utf8'))?.[1]);
  const spent = () => readFileSync(`/proc/${shim}/stat`, 'utf8').split(' ').slice(13, 15).map(Number);
  const [before, ticks] = [turns(), spent()];
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.ok(turns() - before < 5, `${turns() - before} turns`);
  assert.ok(spent()[0]! + spent()[1]! - ticks[0]! - ticks[1]! < 20, `${String(spent())} after ${String(ticks)} ticks`);
  await s.daemon.ok('rm', '-f', 'closed');
});

s.test.run();
