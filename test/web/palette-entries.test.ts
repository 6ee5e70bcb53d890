/** What the palette of commands and search offers for what was typed. */
import * as assert from 'uvu/assert';
import { entriesFor } from '../../web/palette/entries.ts';
import { palette as words } from '../../web/words/en/palette.ts';
import { suite } from '../harness.ts';

const test = suite('the palette of commands and search');
const known = {
  containers: [{ id: 'a1', name: 'web', image: 'ubuntu' }],
  lessons: [
    { id: 'memory', title: 'Memory, and who comes when it runs out', about: 'limits' },
    { id: 'nat', title: 'How a packet gets out', about: 'NAT and the web' },
  ],
  pictures: [{ id: 'Network', title: 'Network' }],
};
const found = (typed: string) => entriesFor(words, typed, known).map(({ kind, target }) => `${kind} ${target}`);

test('a line that begins with run or pull is a command, with the words of docker before it too', () => {
  assert.equal(found('run -it ubuntu')[0], 'command run -it ubuntu');
  assert.equal(found('docker  run  ubuntu true')[0], 'command run ubuntu true');
  assert.equal(found('pull debian')[0], 'command pull debian');
  assert.not.ok(
    found('run').some((entry) => entry.startsWith('command')),
    'without an image it runs nothing',
  );
});

test('a verb that is for a terminal says so, and is refused', () => {
  const [first] = entriesFor(words, 'ps -a', known);
  assert.is(first!.refused, true);
  assert.match(first!.title, /drydock ps is a command for a terminal/);
});

test('a name that begins so comes before one that has it within, and before what is only about it', () => {
  assert.equal(found('web'), ['container a1', 'lesson nat']);
  assert.equal(found('PACKET out'), ['lesson nat']);
  assert.equal(found('limits'), ['lesson memory']);
  assert.equal(found('zebra'), []);
});

test('with nothing typed everything is offered, at most twelve', () => {
  assert.is(found('').length, 7);
  const many = {
    ...known,
    containers: Array.from({ length: 50 }, (_, j) => ({ id: `c${j}`, name: `n${j}`, image: '' })),
  };
  assert.is(entriesFor(words, '', many).length, 12);
});

test.run();
