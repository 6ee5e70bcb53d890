import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as assert from 'uvu/assert';
import type { Event, NewEvent } from '../../runtime/journal/event.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { LazyEvent } from '../../runtime/journal/lazy-event.ts';
import { textOf } from '../../runtime/journal/text.ts';
import { suite } from '../harness.ts';

const test = suite('journal');
const work = mkdtempSync('/tmp/ddtest-journal-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;
const fresh = () => `${work}/${++count}.ndjson`;
const note = (text: string) => ({ type: 'note', text }) as const;
const texts = (events: Event[]) => events.map((event) => (event.type === 'note' ? event.text : event.type));
const tick = () => new Promise((resolve) => setImmediate(resolve));

class Told extends LazyEvent {
  readonly time = 7;
  constructor(readonly event: () => NewEvent) {
    super();
  }
}

test('events are numbered from 0, dated, and belong to the run that is under way', () => {
  const journal = Journal.open(fresh());
  const before = Date.now();
  journal.append(note('a'));
  journal.run = 2;
  journal.append(note('b'));
  const events = journal.events();
  assert.equal(
    events.map(({ seq, run }) => [seq, run]),
    [
      [0, 0],
      [1, 2],
    ],
  );
  assert.ok(
    events.every(({ time }) => time >= before - 1 && time <= Date.now() + 1),
    events.map(({ time }) => time).join(),
  );
});

test('an event that says its run keeps it', () => {
  const journal = Journal.inMemory();
  journal.append({ ...note('a'), run: 'exec-1' } as Parameters<Journal['append']>[0]);
  assert.is(journal.events()[0]?.run, 'exec-1');
});

test('the file has one JSON object a line, is for root only, and is written in few writes', async () => {
  const path = fresh();
  const journal = Journal.open(path);
  for (const text of ['a', 'b\nc', '\u2028']) journal.append(note(text));
  assert.not.ok(existsSync(path), 'nothing is written while whoever tells is at work');
  while (!existsSync(path)) await tick();
  assert.equal(
    texts(
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Event),
    ),
    ['a', 'b\nc', '\u2028'],
  );
  assert.is(statSync(path).mode & 0o777, 0o600);
});

test('a journal that is opened again goes on counting', () => {
  const path = fresh();
  const first = Journal.open(path);
  first.append(note('a'));
  first.flush();
  const second = Journal.open(path);
  second.append(note('b'));
  second.flush();
  assert.equal(
    [
      texts(second.events()),
      Journal.open(path)
        .events()
        .map(({ seq }) => seq),
    ],
    [
      ['a', 'b'],
      [0, 1],
    ],
  );
});

test('a last line that a dying daemon left half written is cut off, wherever it was cut', () => {
  const path = fresh();
  const journal = Journal.open(path);
  for (const text of ['a', 'b']) journal.append(note(text));
  journal.flush();
  const whole = readFileSync(path);
  const second = whole.indexOf(10) + 1;
  for (let length = 0; length < whole.length; length += 3) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    const again = Journal.open(path);
    assert.equal(texts(again.events()), length < second ? [] : ['a'], `cut at ${length}`);
    again.append(note('c'));
    again.flush();
    assert.equal(texts(Journal.open(path).events()), length < second ? ['c'] : ['a', 'c']);
  }
});

test('a damaged line in the middle tells nothing, those around it still do', () => {
  const path = fresh();
  const journal = Journal.open(path);
  journal.append(note('a'));
  journal.flush();
  appendFileSync(path, '{"type":"no\n');
  appendFileSync(path, `${JSON.stringify({ seq: 2, time: 1, run: 0, ...note('c') })}\n`);
  assert.equal(texts(Journal.open(path).events()), ['a', 'c']);
});

test('what was written is read from the file, and what is still to be written with it', () => {
  const journal = Journal.open(fresh());
  journal.append(note('a'));
  assert.equal(texts(journal.events()), ['a']);
  journal.append(note('b'));
  journal.append(new Told(() => note('c')));
  assert.equal(
    journal.events().map((event) => [event.seq, event.type === 'note' && event.text]),
    [
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ],
  );
});

test('an event belongs to the step and the run it is given, unless it says its own', () => {
  const journal = Journal.inMemory();
  journal.append(note('a'), 'create.shim', 'exec-1');
  journal.append({ type: 'step', step: 'init.execve', at: 'start' }, 'create.shim');
  assert.equal(
    journal.events().map(({ step, run }) => [step, run]),
    [
      ['create.shim', 'exec-1'],
      ['init.execve', 0],
    ],
  );
});

const call: Event = {
  seq: 7,
  time: 1795268658495.4963,
  run: 1,
  step: 'create.shim',
  type: 'call',
  actor: 'daemon',
  name: 'openat',
  args: [-100, '/x', 0, 0],
  ret: 3,
  ns: 12,
};
for (const [what, change] of [
  ['nothing more', {}],
  ['a run of an exec and no step', { run: 'exec-"1"', step: undefined }],
  ['a failure', { ret: -2, errno: 'ENOENT' }],
  ['a note', { note: 'a "b" \\ \n' }],
  ['facts', { facts: [{ kind: 'mount', key: '/a"', value: null }] }],
  [
    'every kind of argument',
    { args: [1.5, -0, 1e21, 'é', '\ud800', 'a\u0000"\\', null, ['a"', ''], { hex: '00ff', length: 600 }] },
  ],
  ['numbers that JSON does not have', { args: [NaN, Infinity] }],
  ['no arguments', { args: [] }],
  ['the line that asked for it', { source: 'executor/stage/init/root.ts:31' }],
] as [string, object][]) {
  test(`a call with ${what} is written as JSON.stringify would write it`, () => {
    const event = { ...call, ...change } as Event;
    assert.equal(JSON.parse(textOf(event)), JSON.parse(JSON.stringify(event)));
  });
}

test('of all journals together only some thousand events wait to be written', () => {
  const [one, two] = [fresh(), fresh()];
  const journals = [Journal.open(one), Journal.open(two)];
  for (let n = 0; n < 2100; n++) for (const journal of journals) journal.append(note(String(n)));
  assert.ok(existsSync(one) && existsSync(two));
  assert.equal(
    journals.map((journal) => journal.events().length),
    [2100, 2100],
  );
});

test('an event that is told how to be made is made when somebody wants it: once, and not before', () => {
  const journal = Journal.open(fresh());
  let made = 0;
  const later = new Told(() => (made++, note('late')));
  journal.append(later);
  assert.is(made, 0);
  assert.equal(texts(journal.events()), ['late']);
  const heard: Event[] = [];
  journal.listen((event) => void heard.push(event));
  journal.append(later);
  journal.append(note('at once'));
  assert.equal([texts(heard), made], [['at once'], 1]);
  assert.equal([journal.events().map(({ seq }) => seq), made], [[0, 1, 2], 2]);
});

test('listeners hear at once of each event that is made already, until they stop', () => {
  const journal = Journal.inMemory();
  const heard: Event[] = [];
  const stop = journal.listen((event) => void heard.push(event));
  journal.append(note('a'));
  stop();
  journal.append(note('b'));
  assert.equal(texts(heard), ['a']);
});

test.run();
