import * as assert from 'uvu/assert';
import { LIMITS } from '../../server/live/ask/limits.ts';
import { Terminal } from '../../server/live/ask/terminal.ts';
import { shellSplit } from '../../server/live/ask/shell-split.ts';
import { frameOf } from '../../runtime/container/io/tap.ts';
import { suite } from '../harness.ts';

const test = suite('playground terminal');

function wired(tty = true) {
  const told = { ahead: 0, sent: [] as string[], gaps: [] as number[], ended: 0 };
  const terminal = new Terminal(
    {
      ahead: () => told.ahead,
      send: (bytes) => void told.sent.push(bytes.toString()),
      gap: (bytes) => void told.gaps.push(bytes),
      ended: () => void told.ended++,
    },
    tty,
  );
  return { told, terminal };
}

test('a slow viewer never makes the process wait, and hears how much it missed', () => {
  const { told, terminal } = wired();
  terminal.write('one');
  told.ahead = LIMITS.ahead + 1;
  for (let i = 0; i < 10_000; i++) terminal.write(Buffer.alloc(1000));
  assert.is(terminal.writableLength, 0);
  told.ahead = 0;
  terminal.write('two');
  assert.equal([told.sent, told.gaps], [['one', 'two'], [10_000_000]]);
});

test('frames that come in pieces are put together', () => {
  const { told, terminal } = wired(false);
  const bytes = Buffer.concat([frameOf(1, Buffer.from('out')), frameOf(2, Buffer.from('err'))]);
  for (const byte of bytes) terminal.write(Buffer.from([byte]));
  assert.is(told.sent.join(''), 'outerr');
});

test('keys reach the process in order; after the end they go nowhere', async () => {
  const { told, terminal } = wired();
  let typed = '';
  terminal.on('data', (data) => (typed += data));
  terminal.typed(Buffer.from('a'));
  terminal.typed(Buffer.from('b'));
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.is(typed, 'ab');
  const closed = new Promise<void>((resolve) => terminal.once('close', () => resolve()));
  terminal.end();
  await closed;
  terminal.typed(Buffer.from('c'));
  terminal.end();
  assert.equal([typed, told.ended], ['ab', 1]);
});

const lines: [string, string[]][] = [
  ['run -it ubuntu /bin/bash', ['run', '-it', 'ubuntu', '/bin/bash']],
  ['a  \'b c\'\t"d \\"e\\" \\n"', ['a', 'b c', 'd "e" \\n']],
  ["sh -c 'echo $HOME; ls *' ''", ['sh', '-c', 'echo $HOME; ls *', '']],
  ['a\\ b "x"\'y\'z', ['a b', 'xyz']],
  ['   ', []],
];
for (const [line, expected] of lines)
  test(`the words of ${JSON.stringify(line)}`, () => assert.equal(shellSplit(line), expected));

test.run();
