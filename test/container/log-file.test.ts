import { appendFileSync, linkSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { recordOf } from '../../runtime/container/logs/log-record.ts';
import {
  type LogSource,
  readLog,
  replayLog,
  rfc3339Nano,
  type LogOptions,
} from '../../runtime/container/logs/log-file.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';

const test = suite('log file');
const work = mkdtempSync('/tmp/ddtest-log-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;

const BEGIN = 1_700_000_000n;
/** A record as native/shim-log.h writes it; `second` counts from BEGIN. */
const marked = (stream: 1 | 2, text: string, second = 0): Buffer =>
  recordOf(stream, (BEGIN + BigInt(second)) * 1_000_000_000n, Buffer.from(text));
/** A record as earlier versions wrote it. */
function record(stream: number, text: string, second = 0, length = Buffer.byteLength(text)): Buffer {
  const head = Buffer.alloc(16);
  head[0] = stream;
  head.writeUInt32LE(length, 4);
  head.writeBigUInt64LE((BEGIN + BigInt(second)) * 1_000_000_000n, 8);
  return Buffer.concat([head, Buffer.from(text)]);
}
function logOf(...records: Buffer[]): LogSource {
  const path = `${work}/${++count}`;
  writeFileSync(path, Buffer.concat(records));
  return { path, tty: true, attributes: () => 'a=1', running: () => false, onEnd: () => () => undefined };
}
const options = (more: Partial<LogOptions> = {}): LogOptions => ({
  stdout: true,
  stderr: true,
  follow: false,
  timestamps: false,
  ...more,
});
async function all(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
const lines = logOf(record(1, 'a\nb\n', 0), record(2, 'c\n', 1), record(1, 'd', 2), record(1, 'd\ne\n', 3));

test("a terminal's log is its bytes, another's comes in frames", async () => {
  assert.is(await all(readLog(lines, options())), 'a\nb\nc\ndd\ne\n');
  const framed = await all(readLog({ ...lines, tty: false }, options({ stdout: false })));
  assert.equal([...Buffer.from(framed)], [2, 0, 0, 0, 0, 0, 0, 2, 99, 10]);
});

for (const [tail, want] of [
  [0, ''],
  [1, 'e\n'],
  [2, 'dd\ne\n'],
  [3, 'c\ndd\ne\n'],
  [4, 'b\nc\ndd\ne\n'],
  [5, 'a\nb\nc\ndd\ne\n'],
  [99, 'a\nb\nc\ndd\ne\n'],
] as const) {
  test(`the last ${tail} lines, wherever records begin`, async () =>
    assert.is(await all(readLog(lines, options({ tail }))), want));
}

test('tail counts the lines of the streams that are wanted', async () => {
  assert.is(await all(readLog(lines, options({ tail: 3, stderr: false }))), 'b\ndd\ne\n');
  assert.is(await all(readLog(lines, options({ tail: 3, stdout: false }))), 'c\n');
});

test('a last line without an end counts as one', async () => {
  assert.is(await all(readLog(logOf(record(1, 'a\nb\nprompt$ ')), options({ tail: 2 }))), 'b\nprompt$ ');
});

test('the attributes stand before each line, behind its time', async () => {
  assert.is(await all(readLog(lines, options({ details: true, tail: 3 }))), 'a=1 c\na=1 dd\na=1 e\n');
  const stamped = await all(readLog(lines, options({ details: true, timestamps: true, tail: 1 })));
  assert.match(stamped, /^\S+Z a=1 e\n$/);
});

test('since and until take what was written from one second to the other', async () => {
  const at = (second: number) => BEGIN * 1_000_000_000n + BigInt(second * 1e9);
  assert.is(await all(readLog(lines, options({ since: at(1) }))), 'c\ndd\ne\n');
  assert.is(await all(readLog(lines, options({ until: at(1) }))), 'a\nb\nc\n');
  assert.is(await all(readLog(lines, options({ since: at(1), until: at(2) }))), 'c\nd');
  assert.is(await all(readLog(lines, options({ since: at(1.5), tail: 1 }))), 'e\n');
});

test('each line gets its time once, in nanoseconds, and a line that goes on gets none', async () => {
  const text = await all(readLog(lines, options({ timestamps: true })));
  const time = (second: number) => rfc3339Nano((BEGIN + BigInt(second)) * 1_000_000_000n);
  assert.is(text, `${time(0)} a\n${time(0)} b\n${time(1)} c\n${time(2)} dd\n${time(3)} e\n`);
});

test('times are written as docker writes them', () => {
  assert.is(rfc3339Nano(1_700_000_000_123_456_789n), '2023-11-14T22:13:20.123456789Z');
  assert.is(rfc3339Nano(5n), '1970-01-01T00:00:00.000000005Z');
});

for (const [name, torn] of [
  ['a head that is cut', record(1, 'lost').subarray(0, 9)],
  ['bytes that are missing', record(1, 'lost').subarray(0, -1)],
  ['a stream that is none', record(7, 'lost')],
  ['a length that no record has', record(1, 'lost', 0, 0xffffffff)],
] as const) {
  test(`what was written before ${name} is still told`, async () =>
    assert.is(await all(readLog(logOf(record(1, 'whole\n'), torn), options())), 'whole\n'));
}

test('a log that was never written, or is empty, is empty', async () => {
  assert.is(await all(readLog({ ...lines, path: `${work}/nothing` }, options())), '');
  assert.is(await all(readLog({ ...lines, path: `${work}/nothing` }, options({ follow: true }))), '');
  assert.is(await all(readLog(logOf(), options({ tail: 5 }))), '');
});

/** A log that grows while it is followed. */
function growing(...records: Buffer[]) {
  let running = true;
  const ends = new Set<() => void>();
  const log = {
    ...logOf(...records),
    running: () => running,
    onEnd: (listener: () => void) => (ends.add(listener), () => void ends.delete(listener)),
  };
  return {
    log,
    listening: () => ends.size,
    append: (bytes: Buffer) => appendFileSync(log.path, bytes),
    end: () => {
      running = false;
      ends.forEach((end) => end());
    },
  };
}
function gather(stream: Readable): { text: string; ended: boolean } {
  const seen = { text: '', ended: false };
  stream.on('data', (part: Buffer) => (seen.text += part.toString()));
  stream.on('end', () => (seen.ended = true));
  return seen;
}

test('following tells what comes, a record only when it is whole, until the container has ended', async () => {
  const { log, append, end, listening } = growing(record(1, 'old\n'));
  const seen = gather(readLog(log, options({ follow: true })));
  await until('what was there', () => seen.text === 'old\n');
  const torn = record(2, 'new\n');
  append(torn.subarray(0, 18));
  append(torn.subarray(18));
  await until('what came', () => seen.text === 'old\nnew\n');
  append(record(1, 'last\n'));
  end();
  await until('the end', () => seen.ended);
  assert.equal([seen.text, listening()], ['old\nnew\nlast\n', 0]);
});

test('following with tail 0 tells only what comes', async () => {
  const { log, append, end, listening } = growing(record(1, 'old\n'));
  const seen = gather(readLog(log, options({ follow: true, tail: 0 })));
  await until('it follows', () => listening() === 1);
  append(record(1, 'new\n'));
  await until('what came', () => seen.text.endsWith('new\n'));
  end();
  await until('the end', () => seen.ended);
  assert.equal([seen.text, listening()], ['new\n', 0]);
});

test('following up to a moment that is past ends at once', async () => {
  const { log } = growing(record(1, 'old\n'));
  assert.is(await all(readLog(log, options({ follow: true, until: (BEGIN + 1n) * 1_000_000_000n }))), 'old\n');
});

test('a reader that goes away is not waited for', async () => {
  const { log, listening, append } = growing(record(1, 'old\n'));
  const stream = readLog(log, options({ follow: true }));
  const seen = gather(stream);
  await until('it reads', () => seen.text === 'old\n');
  stream.destroy();
  append(record(1, 'x'));
  await until('nobody listens any more', () => listening() === 0);
  assert.equal([seen.text, stream.destroyed], ['old\n', true]);
});

const forms: [name: string, form: typeof marked][] = [
  ['marked', marked],
  ['earlier', record],
];
for (const [name, form] of forms) {
  test(`${name} records: what stands behind a record that a full disk has cut is told, wherever it was cut`, async () => {
    const long = form(1, 'x'.repeat(5000));
    for (let cut = 1; cut < long.length; cut += cut < 30 ? 3 : 331) {
      const log = logOf(form(1, 'before\n'), long.subarray(0, cut), form(2, 'after\n', 1), form(1, 'later\n', 2));
      const text = await all(readLog(log, options()));
      assert.ok(
        text.startsWith('before\n') && text.endsWith('after\nlater\n'),
        `cut after ${cut} bytes: ${text.slice(0, 40)}…${text.slice(-40)}`,
      );
      assert.is(await all(readLog(log, options({ tail: 1 }))), 'later\n', `the last line, cut after ${cut} bytes`);
    }
  });

  test(`${name} records: a cut at the end hides nothing, nor what is written behind it later`, async () => {
    const { log, append, end } = growing(form(1, 'before\n'), form(1, 'y'.repeat(300)).subarray(0, 200));
    const seen = gather(readLog(log, options({ follow: true })));
    await until('what was there', () => seen.text === 'before\n');
    append(form(1, 'after\n', 1));
    await until('what came', () => seen.text.endsWith('after\n'));
    end();
    await until('the end', () => seen.ended);
    assert.match(seen.text, /^before\ny*\n?after\n$/);
  });

  test(`${name} records: the last lines of a long log, from every number of lines`, async () => {
    const records: Buffer[] = [];
    const text: string[] = [];
    for (let n = 0; n < 20_000; n++) {
      const line = `line ${n} ${'z'.repeat(n % 60)}\n`;
      text.push(line);
      // Every seventh line is split into two records of different streams.
      if (n % 7) records.push(form(1, line, n % 100));
      else records.push(form(1, line.slice(0, 3), n % 100), form(2, line.slice(3), n % 100));
    }
    const log = logOf(...records);
    for (const tail of [1, 2, 3, 500, 8191, 19_999, 20_000, 20_001])
      assert.ok((await all(readLog(log, options({ tail })))) === text.slice(-tail).join(''), `the last ${tail}`);
  });
}

test('a follower of a log that is truncated begins again at its beginning', async () => {
  const { log, append, end } = growing(marked(1, 'one\n'), marked(1, 'two\n'));
  const seen = gather(readLog(log, options({ follow: true })));
  await until('what was there', () => seen.text === 'one\ntwo\n');
  truncateSync(log.path, 0);
  append(marked(1, 'new\n', 1));
  await until('what came', () => seen.text.endsWith('new\n'));
  end();
  await until('the end', () => seen.ended);
  assert.is(seen.text, 'one\ntwo\nnew\n');
});

/** Rotates the files like the shim: native/shim-log.h. */
function rotate(path: string, files: number): void {
  for (let n = files - 1; n > 1; n--)
    try {
      renameSync(`${path}.${n - 1}`, `${path}.${n}`);
    } catch {
      /* The file does not exist yet. */
    }
  if (files === 2) rmSync(`${path}.1`, { force: true });
  if (files > 1) linkSync(path, `${path}.1`);
  writeFileSync(`${path}.new`, '');
  renameSync(`${path}.new`, path);
}

test('a log of several files is read in their order, its last lines over their borders', async () => {
  const { log, append } = growing(marked(1, 'a\nb'));
  for (const text of ['b\nc\n', 'd\ne\n']) {
    rotate(log.path, 3);
    append(marked(1, text));
  }
  const still = { ...log, running: () => false };
  assert.is(await all(readLog(still, options())), 'a\nbb\nc\nd\ne\n');
  for (const [tail, want] of [
    [1, 'e\n'],
    [3, 'c\nd\ne\n'],
    [4, 'bb\nc\nd\ne\n'],
    [5, 'a\nbb\nc\nd\ne\n'],
    [9, 'a\nbb\nc\nd\ne\n'],
  ] as const) {
    assert.is(await all(readLog(still, options({ tail }))), want, `the last ${tail}`);
  }
  const client = new PassThrough();
  await replayLog(log.path, client, { tty: true, stdout: true, stderr: true });
  assert.is(client.read().toString(), 'a\nbb\nc\nd\ne\n');
});

for (const free of [1, 2, 3]) {
  test(`a log is read whole while the name output.log.${free} is free, as in the middle of a rotation`, async () => {
    const { log, append } = growing(marked(1, '1\n'));
    for (const text of ['2\n', '3\n', '4\n']) {
      rotate(log.path, 9);
      append(marked(1, text));
    }
    for (let n = 3; n >= free; n--) renameSync(`${log.path}.${n}`, `${log.path}.${n + 1}`);
    const still = { ...log, running: () => false };
    assert.is(await all(readLog(still, options())), '1\n2\n3\n4\n');
    assert.is(await all(readLog(still, options({ tail: 3 }))), '2\n3\n4\n');
  });
}

for (const files of [1, 2, 3, 5]) {
  test(`a follower loses no line over rotations with max-file ${files}`, async () => {
    const { log, append, end } = growing(marked(1, '0\n'));
    const seen = gather(readLog(log, options({ follow: true })));
    let want = '0\n';
    await until('it follows', () => seen.text === want);
    for (let n = 1; n <= 40; n++) {
      append(marked(1, `${n} before\n`));
      rotate(log.path, files);
      append(marked(1, `${n} after\n`));
      want += `${n} before\n${n} after\n`;
      // With only one old file, a second rotation before the follower has read would delete unread lines, so wait after
      // each.
      await until(`line ${n}`, () => (n % Math.max(1, files - 1) ? true : seen.text === want));
    }
    await until('the last of them', () => seen.text.endsWith('\n40 after\n'));
    end();
    await until('the end', () => seen.ended);
    assert.is(seen.text, want);
  });
}

test.run();
