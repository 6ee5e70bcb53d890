import { mkdtempSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Output } from '../../lessons/engine/output.ts';
import { suite } from '../harness.ts';

const test = suite('what was typed and shown in a terminal');
const dir = mkdtempSync('/tmp/drydock-output-');
test.after(() => rmSync(dir, { recursive: true, force: true }));

/** A record of the shim's log: stream, time, bytes. */
function record(ms: number, text: string): Buffer {
  const data = Buffer.from(text);
  const head = Buffer.alloc(16);
  head[0] = 1;
  head.writeUInt32LE(data.length, 4);
  head.writeBigUInt64LE(BigInt(ms) * 1_000_000n, 8);
  return Buffer.concat([head, data]);
}
let count = 0;
function output(...parts: string[]): Output {
  const path = join(dir, String(count++));
  writeFileSync(path, Buffer.concat(parts.map((text, j) => record(1000 + j, text))));
  const made = new Output(path);
  made.read();
  return made;
}
const typed = (...parts: string[]) =>
  output(...parts)
    .typed(0)
    .map(({ text }) => text);
const PROMPT = '\u001b[?2004hroot@0d855f4792ed:/# ';

test('a line after a prompt was typed; what it prints was not', () => {
  assert.equal(typed(PROMPT, 'l', 's', ' /etc', '\r\n', '\u001b[?2004l\r', 'passwd\r\n', PROMPT), ['ls /etc']);
});
test('a prompt after a command without output begins with a carriage return', () => {
  assert.equal(
    typed(
      PROMPT,
      '\r\n',
      '\u001b[?2004l\r',
      PROMPT,
      'true\r\n',
      '\u001b[?2004l\r',
      PROMPT,
      'echo $$\r\n',
      '\u001b[?2004l\r1\r\n',
    ),
    ['true', 'echo $$'],
  );
});
test('a line that is longer than the terminal is wide is one line, and as it was typed', () => {
  assert.equal(typed(PROMPT, 'head -c 30m /dev/zero > /dev/', ' \r', 'null; true abcdefghij', ' \r', 'klm \r\n'), [
    'head -c 30m /dev/zero > /dev/null; true abcdefghijklm',
  ]);
});
test('a prompt that is written again because the terminal has another size is one prompt', () => {
  for (const between of ['\r', '\r\u001b[K', '\r\r', ''])
    assert.equal(typed(PROMPT, between, 'root@0d855f4792ed:/# ', 'echo $$\r\n'), ['echo $$'], JSON.stringify(between));
  assert.equal(typed(PROMPT, '\r', PROMPT, '\r', PROMPT, 'echo root@host:/# x\r\n'), ['echo root@host:/# x']);
});
test('what was deleted was not typed, and colours are not text', () => {
  assert.equal(typed(PROMPT, 'lx\b\u001b[Ks\r\n'), ['ls']);
  assert.equal(
    typed('\u001b[01;32mroot@a\u001b[00m:\u001b[01;34m~\u001b[00m$ id\r\n', '# whoami\r\n', 'bash-5.2# pwd\r\n'),
    ['id', 'whoami', 'pwd'],
  );
});
test('only what came since then counts, and what comes later is read then', () => {
  const path = join(dir, 'later');
  writeFileSync(path, record(1000, '# one\r\n'));
  const made = new Output(path);
  made.read();
  appendFileSync(path, Buffer.concat([record(2000, '# two\r\n'), record(2001, 'half')]));
  made.read();
  assert.equal(
    made.typed(1500).map(({ text }) => text),
    ['two'],
  );
  assert.is(made.shown(1500), '# two\nhalf');
});
test('a log that is not there says nothing, and one without an end is followed in pieces', () => {
  const none = new Output(join(dir, 'none'));
  none.read();
  assert.is(none.shown(0), '');
  const big = output(...Array.from({ length: 100 }, () => `${'x'.repeat(7000)}\n`));
  assert.ok(big.shown(0).length < 100 * 7000);
  for (let j = 0; j < 5; j++) big.read();
  assert.is(big.shown(0).split('\n').length, 101);
});
test.run();
