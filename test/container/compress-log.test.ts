/** Compressed files of a log: what is read from them, and that none takes another file's place. */
import { closeSync, linkSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { compressLog } from '../../runtime/container/logs/compress-log.ts';
import { type LogOptions, readLog } from '../../runtime/container/logs/log-file.ts';
import { logAfter, newestLog, OpenLog } from '../../runtime/container/logs/log-files.ts';
import { recordOf } from '../../runtime/container/logs/log-record.ts';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import { LOCK } from '../../runtime/syscalls/constants.ts';
import { suite } from '../harness.ts';

const test = suite('compressed logs');
const work = mkdtempSync('/tmp/ddtest-compress-');
test.after(() => rmSync(work, { recursive: true, force: true }));
const never = new AbortController().signal;
const compress = (path: string) => compressLog(daemonKernel(), path, never);
const BEGIN = 1_700_000_000n;

/** A log of three files with 9,000 lines each. */
function newLog(): string {
  const path = `${mkdtempSync(`${work}/`)}/output.log`;
  for (const n of [2, 1, 0]) {
    const first = (2 - n) * 9000 + 1;
    const records = Array.from({ length: 9000 }, (_, i) =>
      recordOf(1, (BEGIN + BigInt(first + i)) * 1_000_000_000n, Buffer.from(`${first + i}\n`)),
    );
    writeFileSync(n ? `${path}.${n}` : path, Buffer.concat(records));
  }
  return path;
}
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `${from + n}\n`).join('');
async function read(path: string, more: Partial<LogOptions> = {}): Promise<string> {
  const source = { path, tty: true, attributes: () => '', running: () => false, onEnd: () => () => undefined };
  const options = { stdout: true, stderr: true, follow: false, timestamps: false, ...more };
  const parts: Buffer[] = [];
  for await (const part of readLog(source, options) as Readable) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

test('left files are read compressed as they were, by lines and by time; the one that is written to stays', async () => {
  const path = newLog();
  const sizes = () => [2, 1, 0].map((n) => statSync(n ? `${path}.${n}` : path).size);
  const before = sizes();
  const plain = readFileSync(`${path}.1`);
  await compress(path);
  const after = sizes();
  assert.ok(after[0]! < before[0]! / 2 && after[1]! < before[1]! / 2 && after[2] === before[2], String(after));
  assert.equal(readdirSync(`${path.slice(0, -11)}`).sort(), ['output.log', 'output.log.1', 'output.log.2']);
  assert.ok(execFileSync('gzip', ['-dc'], { input: readFileSync(`${path}.1`) }).equals(plain));
  assert.is(await read(path), lines(1, 27_000));
  for (const tail of [1, 9000, 9001, 20_000, 27_000, 99_999])
    assert.is(await read(path, { tail }), lines(Math.max(1, 27_001 - tail), 27_000), `tail ${tail}`);
  const at = (line: number) => (BEGIN + BigInt(line)) * 1_000_000_000n;
  assert.is(await read(path, { since: at(8000), until: at(10_000) }), lines(8000, 10_000));
  await compress(path);
  assert.equal(sizes(), after);
});

test('a reader in the middle of a plain file goes on behind it when it was compressed', async () => {
  const path = newLog();
  const [old, middle] = [OpenLog.at(`${path}.2`)!, OpenLog.at(`${path}.1`)!];
  await compress(path);
  const next = logAfter(path, old)!;
  assert.ok(next.compressed && next.is(middle) && middle.is(next));
  assert.not(next.is(old));
  const newest = logAfter(path, middle)!;
  assert.ok(newest.is(newestLog(path)!));
  for (const file of [old, middle, next, newest]) file.close();
});

test('a damaged file loses its end alone', async () => {
  const path = newLog();
  await compress(path);
  const bytes = readFileSync(`${path}.2`);
  writeFileSync(`${path}.2`, bytes.subarray(0, bytes.length - 5000));
  const text = await read(path);
  assert.ok(text.startsWith(lines(1, 3000)) && text.endsWith(lines(9001, 27_000)), text.slice(0, 40));
});

test('a file with two names, and all while the shim renames, stay as they are', async () => {
  const path = newLog();
  const before = [1, 2].map((n) => statSync(`${path}.${n}`).ino);
  linkSync(`${path}.2`, `${path}.full`);
  const directory = openSync(`${path.slice(0, -11)}`, 'r');
  await daemonKernel().daemon.flock(directory, LOCK.LOCK_EX);
  await compress(path);
  assert.equal(
    [1, 2].map((n) => statSync(`${path}.${n}`).ino),
    before,
  );
  closeSync(directory);
  renameSync(`${path}.full`, `${path}.2`); // two names of one file: rename(2) does nothing
  await compress(path);
  assert.is(statSync(`${path}.2`).ino, before[1]);
  assert.is.not(statSync(`${path}.1`).ino, before[0]);
});

test.run();
