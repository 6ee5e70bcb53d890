/**
 * Text from registries, images and containers is printed without its control characters; and the page's address is not
 * passed as an argument to a program.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { json, warn } from '../../runtime/cli/terminal/columns.ts';
import { paint } from '../../runtime/cli/step/paint.ts';
import { View } from '../../runtime/cli/step/view.ts';
import { openBrowser } from '../../runtime/cli/verbs/walk/playground.ts';
import { suite } from '../harness.ts';

const test = suite('untrusted text on the terminal');

function written(stream: 'stdout' | 'stderr', act: () => void): string {
  const own = process[stream].write;
  let text = '';
  process[stream].write = ((part: string) => ((text += part), true)) as typeof own;
  try {
    act();
  } finally {
    process[stream].write = own;
  }
  return text;
}

test('lines for people keep their ends, and nothing else that a terminal obeys', () => {
  assert.is(
    written('stderr', () => warn('a\u001b]0;title\u0007b\u009b31m\r\nsecond')),
    'a\\e]0;title\\x07b\\x9b31m\\r\nsecond\n',
  );
});

test('views of steps and lessons keep ends of lines and their own colours only', () => {
  const { NO_COLOR, TERM } = process.env;
  delete process.env['NO_COLOR'];
  process.env['TERM'] = 'xterm';
  try {
    const evil = 'a\u001b]0;title\u0007b\u009b31m\r\u001b[2J\nsecond';
    const seen = 'a\\e]0;title\\x07b\\x9b31m\\r\\e[2J\nsecond';
    for (const isTTY of [true, false]) {
      const ink = paint({ isTTY });
      let text = '';
      const out = {
        isTTY,
        columns: 80,
        write: (part: string) => ((text += part), true),
      } as unknown as NodeJS.WriteStream;
      new View(out, ink, undefined as never).print(ink.bad(evil));
      assert.is(text, isTTY ? `\u001b[31m${seen}\u001b[39m\n` : `${seen}\n`);
    }
    assert.is(paint({ isTTY: false }).shown('\u001b[31mred'), '\\e[31mred');
  } finally {
    for (const [name, value] of Object.entries({ NO_COLOR, TERM })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('JSON is the same JSON, without C1, DEL and directions of text', () => {
  const value = { User: 'a\u009b31m\u007f', Cmd: ['\u202eevil', '\u001b[2J', 'plain \u00e9'] };
  const text = written('stdout', () => json(value));
  assert.not.match(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.equal(JSON.parse(text), value);
});

test("the page's token is in a file of 0600, and in nobody's arguments", async () => {
  const dir = mkdtempSync('/tmp/drydock-opener-');
  mkdirSync(join(dir, 'bin'));
  writeFileSync(
    join(dir, 'bin/xdg-open'),
    `#!/bin/sh\necho "$@" > ${dir}/arguments.part; cat "$1" > ${dir}/page; stat -c %a "$1" > ${dir}/mode; mv ${dir}/arguments.part ${dir}/arguments\n`,
  );
  chmodSync(join(dir, 'bin/xdg-open'), 0o755);
  const { PATH, DISPLAY, XDG_RUNTIME_DIR } = process.env;
  Object.assign(process.env, { PATH: `${join(dir, 'bin')}:${PATH}`, DISPLAY: ':9', XDG_RUNTIME_DIR: dir });
  try {
    openBrowser('http://127.0.0.1:1/open?token=SECRET&run=x');
    const read = (name: string) => readFileSync(join(dir, name), 'utf8');
    for (let i = 0; i < 200 && !statSync(join(dir, 'arguments'), { throwIfNoEntry: false }); i += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.not.match(read('arguments'), 'SECRET');
    assert.match(read('page'), 'url=http://127.0.0.1:1/open?token=SECRET&amp;run=x"');
    assert.is(read('mode'), '600\n');
  } finally {
    for (const [name, value] of Object.entries({ PATH, DISPLAY, XDG_RUNTIME_DIR })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(dir, { recursive: true, force: true });
  }
});

test.run();
