/** The shim's log on a full disk and at its limits: native/shim-log.h. */
import { closeSync, fstatSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readRecords } from '../../runtime/container/logs/log-record.ts';
import { FRAME } from '../../runtime/container/io/tap.ts';
import { suite } from '../harness.ts';
import { endAll, PIPES, RealShim, WITH_STDIN } from './real-shim.ts';
import { until } from '../until.ts';

const test = suite('the log of a shim', 'root');
test.after(endAll);
const ended = (shim: RealShim) => until('the exit file', () => shim.exit !== undefined);

/** All log files, the oldest first. Checks that no record is torn. */
function filesOf(dir: string): { name: string; size: number; text: string }[] {
  const numbers = readdirSync(dir)
    .filter((name) => /^output\.log(\.\d+)?$/.test(name))
    .map((name) => Number(name.split('.')[2] ?? 0))
    .sort((a, b) => b - a);
  return numbers.map((n) => {
    const name = n ? `output.log.${n}` : 'output.log';
    const fd = openSync(join(dir, name), 'r');
    const { size } = fstatSync(fd);
    let end = 0;
    const text = [...readRecords(fd, 0)].map((record) => ((end = record.end), record.data.toString('latin1'))).join('');
    closeSync(fd);
    assert.is(end, size, `${name} ends with a whole record`);
    return { name, size, text };
  });
}
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n}\n`).join('');

for (const files of [1, 2, 3, 200]) {
  test(`a log with max-size 10k and max-file ${files}: no file is larger but for the end of a line, none too many, and no line is lost or cut between them`, async () => {
    const shim = await RealShim.start(PIPES, 0, { size: 10_000, files });
    await shim.sh('seq 1 60000');
    await ended(shim);
    const all = filesOf(shim.dir);
    assert.ok(all.length <= files && all.length >= Math.min(files, 30), `${all.length} files`);
    for (const { name, size } of all) assert.ok(size <= 10_030, `${name} has ${size} bytes`);
    const text = all.map((one) => one.text).join('');
    const first = Number(text.slice(0, text.indexOf('\n')));
    assert.ok(text === numbered(first, 60_000), `the lines from ${first} on`);
    // The files are filled: no more is dropped than necessary.
    if (files < 30) assert.ok(text.length >= (files - 1) * 9000, `${text.length} bytes are kept`);
    else assert.is(first, 1);
    for (const one of all) assert.match(one.text, /\n$/);
  });
}

test('a line that is longer than a file fills several; a log that somebody truncated has room again', async () => {
  const shim = await RealShim.start(WITH_STDIN, 0, { size: 10_000, files: 9 });
  await shim.sh('head -c 25000 /dev/zero | tr "\\0" x; echo; read go; echo after');
  await until('the line', () => shim.logged(1).endsWith('\n'));
  assert.is(
    filesOf(shim.dir)
      .map(({ text }) => text)
      .join(''),
    `${'x'.repeat(25_000)}\n`,
  );
  const before = filesOf(shim.dir).length;
  writeFileSync(shim.paths.log, '');
  const heard = await shim.listen();
  await heard.tap.send(FRAME.stdin, Buffer.from('go\n'));
  await ended(shim);
  assert.is(shim.logged(1), 'after\n');
  assert.is(filesOf(shim.dir).length, before);
});

test('a log that somebody removed is begun again when it was full, and the older files are kept', async () => {
  const shim = await RealShim.start(WITH_STDIN, 0, { size: 10_000, files: 9 });
  await shim.sh('seq 1 6000; read go; seq 6001 20000');
  await until('the lines', () => shim.logged(1).endsWith('\n6000\n'));
  const older = filesOf(shim.dir).filter(({ name }) => name !== 'output.log');
  assert.ok(older.length >= 2, `${older.length} files`);
  rmSync(shim.paths.log);
  const heard = await shim.listen();
  await heard.tap.send(FRAME.stdin, Buffer.from('go\n'));
  await ended(shim);
  const now = filesOf(shim.dir);
  assert.ok(now.at(-1)!.text.endsWith('\n20000\n'), 'what comes later is in a log again');
  assert.ok(
    older.some(({ text }) => now.some((one) => one.text === text)),
    'none of the older files is left',
  );
  assert.not.ok(readdirSync(shim.dir).some((name) => /full|new/.test(name)));
});

/**
 * A limit on the shim's file size (RLIMIT_FSIZE) shortens a write like a full disk does: write(2) returns fewer bytes
 * than requested.
 */
async function roomFor(shim: RealShim, bytes: bigint): Promise<void> {
  const RLIMIT_FSIZE = 1;
  const limit = Buffer.alloc(16);
  limit.writeBigUInt64LE(bytes, 0);
  limit.writeBigUInt64LE(2n ** 64n - 1n, 8);
  await shim.k.daemon.prlimit64(shim.live.shimPid!, RLIMIT_FSIZE, limit);
}

test('a full disk: what it had no room for is missing, what is in the log is whole, and with room again it goes on', async () => {
  const shim = await RealShim.start(WITH_STDIN);
  const heard = await shim.listen();
  await heard.tap.send(FRAME.subscribe);
  await roomFor(shim, 75_000n);
  await shim.sh(
    'for n in 1 2 3 4 5; do head -c 30000 /dev/zero | tr "\\0" "$n"; echo; read go; done; echo after; read go; echo end',
  );
  const go = () => heard.tap.send(FRAME.stdin, Buffer.from('go\n'));
  const lines = () => Buffer.concat(heard.out).toString().split('\n').length - 1;
  for (let n = 1; n <= 5; n++) {
    await until(`line ${n}`, () => lines() === n);
    await go();
  }
  await until('the line after', () => lines() === 6);
  const [full] = filesOf(shim.dir);
  assert.ok(
    full!.text.startsWith(`${'1'.repeat(30_000)}\n${'2'.repeat(30_000)}\n`) && full!.size <= 75_000,
    `${full!.size} bytes`,
  );
  await roomFor(shim, 1_000_000n);
  await go();
  await ended(shim);
  assert.ok(filesOf(shim.dir)[0]!.text === `${full!.text}end\n`, 'it goes on behind what was whole');
});

test.run();
