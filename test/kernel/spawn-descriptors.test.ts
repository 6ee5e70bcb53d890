import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { addon } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';

const test = suite('descriptors of a program that is started');
const dir = mkdtempSync(join(tmpdir(), 'drydock-spawn-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

/** What descriptors 0 to 8 of the spawned program refer to, for these `fds`. */
async function seen(fds: number[], name: string): Promise<string[]> {
  const out = join(dir, name);
  const script = `all=$(for n in 0 1 2 3 4 5 6 7 8; do readlink /proc/$$/fd/$n; done); echo "$all" >${out}.part; mv ${out}.part ${out}`;
  assert.ok(addon().spawn('/bin/sh', ['sh', '-c', script], fds) > 0);
  while (!existsSync(out)) await new Promise((resolve) => setTimeout(resolve, 5));
  return readFileSync(out, 'utf8').trim().split('\n');
}

test('each gets its number, whatever its number was: also when there are hundreds, and in any order', async () => {
  const open = Array.from({ length: 300 }, (_, j) => openSync(join(dir, `file${j}`), 'w'));
  const name = (fd: number) => join(dir, `file${open.indexOf(fd)}`);
  try {
    for (let from = 0; from + 9 <= open.length; from += 7) {
      for (const fds of [open.slice(from, from + 9), open.slice(from, from + 9).reverse()]) {
        assert.equal(await seen(fds, `seen${from}${fds[0]! < fds[1]!}`), fds.map(name), `descriptors ${fds.join(' ')}`);
      }
    }
  } finally {
    open.forEach((fd) => closeSync(fd));
  }
});

test.run();
