/**
 * The bound of a journal: which events are removed, how the remaining ones are numbered, and that no reader misses one.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { frameAt } from '../../runtime/journal/frame.ts';
import type { Event, NewEvent } from '../../runtime/journal/event.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { ContainerOperations } from '../../runtime/operation/container-operations.ts';
import type { ContainerOperation } from '../../runtime/operation/record.ts';
import { suite } from '../harness.ts';

const test = suite('the bound of a journal');
const work = mkdtempSync('/tmp/ddtest-trim-');
test.after(() => rmSync(work, { recursive: true, force: true }));
const MOST = 64 << 10;
let count = 0;
const opened = () => Journal.open(`${work}/${++count}.ndjson`, MOST);
const note = (text: string): NewEvent => ({ type: 'note', text });
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
const textOf = (event: Event) => (event.type === 'note' ? event.text : `${event.type} ${event.run}`);
const state = (from: string, to: string): NewEvent => ({ type: 'state', from, to });

/** Resolves with the events when the size of the file no longer changes and is below the bound; checks the numbers. */
async function settled(journal: Journal): Promise<Event[]> {
  for (let size = -1, again = 0; again < 5; await turn()) {
    journal.flush();
    const now = statSync(journal.path!).size;
    again = now === size && now <= MOST ? again + 1 : 0;
    size = now;
  }
  const events = journal.events();
  assert.equal(
    events.map(({ seq }) => seq),
    events.map((_, j) => j),
    'an event is called by its place',
  );
  assert.is(journal.length, events.length);
  return events;
}
const droppedBy = (events: readonly Event[]) => {
  const [, number] = /^(\d+) earlier events were dropped: a journal keeps/.exec(textOf(events[0]!)) ?? [];
  return Number(number);
};
function start(journal: Journal, run: number, events = 20): void {
  journal.run = run;
  journal.append(state('created', 'starting'));
  for (let j = 0; j < events; j++)
    journal.append({ type: 'fact', facts: [{ kind: 'mount', key: `/m${j}`, value: `of run ${run}` }] });
  journal.append(state('starting', 'running'));
}

test('restarts for ever: the newest runs stay, whole, and the first line says how many went before', async () => {
  const journal = opened();
  for (let run = 1; run <= 200; run++) {
    start(journal, run);
    if (run % 20 === 0) await settled(journal).catch(() => undefined);
  }
  const events = await settled(journal);
  assert.is(droppedBy(events) + events.length - 1, 200 * 22);
  const runs = [...new Set(events.slice(1).map(({ run }) => Number(run)))];
  assert.equal(
    runs,
    runs.map((_, j) => 200 - runs.length + 1 + j),
  );
  assert.ok(runs.length > 3, runs.join());
  for (const run of runs) assert.is(events.slice(1).filter((event) => event.run === run).length, 22, `run ${run}`);
  const frame = frameAt(events, events.length - 1);
  assert.equal([frame.run, frame.state, Object.keys(frame.facts.mount!).length], [200, 'running', 20]);
});

interface Rig {
  journal: Journal;
  kept: ContainerOperation[];
  operations: ContainerOperations;
  saved(): number;
}
function rig(): Rig {
  const journal = opened();
  const kept: ContainerOperation[] = [];
  let saved = 0;
  const host = { id: 'c', walk: () => undefined as never, log: journal, name: () => 'box', save: () => void saved++ };
  return { journal, kept, operations: new ContainerOperations(host, kept), saved: () => saved };
}
function exec(journal: Journal, id: string, events = 30): void {
  const more = (text: string) => ({ ...note(text), run: `exec-${id}` });
  for (let j = 0; j < events; j++) journal.append(more(`${id} ${j}`), undefined, `exec-${id}`);
}
const texts = async (operations: ContainerOperations, id: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const event of operations
    .list()
    .find((one) => one.id === id)!
    .journal(false))
    found.push(textOf(event));
  return found;
};

test('execs in a loop: the start and the newest execs stay, one that still runs too, and each is found', async () => {
  const { journal, operations, kept, saved } = rig();
  await operations.run('start', async () => start(journal, 1));
  let end = () => undefined as void;
  const long = operations.run('exec', () => new Promise<void>((resolve) => (end = resolve)), {
    id: 'long',
    run: 'exec-long',
  });
  exec(journal, 'long');
  for (let j = 1; j <= 300; j++) {
    await operations.run('exec', async () => exec(journal, String(j)), { id: String(j), run: `exec-${j}` });
    if (j % 20 === 0) await settled(journal).catch(() => undefined);
  }
  const events = await settled(journal);
  assert.is(droppedBy(events) + events.length - 1, 22 + 30 * 301);
  assert.ok(saved() > 0);
  const own = events.slice(1).filter(({ run }) => run === 1);
  assert.is(own.length, 22, 'the start is there');
  for (const id of ['300', '299'])
    assert.equal(
      await texts(operations, id),
      Array.from({ length: 30 }, (_, j) => `${id} ${j}`),
    );
  assert.is(events.filter(({ run }) => run === 'exec-long').length, 30, 'it has not ended');
  assert.is(
    events.some(({ run }) => run === 'exec-1'),
    false,
  );
  assert.ok(
    kept.every((one) => one.end === undefined || (one.first < one.end && one.end <= events.length)),
    JSON.stringify(kept),
  );
  end();
  await long;
});

test('pauses in a loop: the start and what is newest stay', async () => {
  const journal = opened();
  start(journal, 1);
  for (let j = 0; j < 3000; j++) {
    journal.append(note(`pause ${j}`));
    if (j % 200 === 0) await settled(journal).catch(() => undefined);
  }
  const events = await settled(journal);
  assert.equal(events.slice(1, 23).map(textOf), ['state 1', ...Array.from({ length: 20 }, () => 'fact 1'), 'state 1']);
  assert.is(textOf(events.at(-1)!), 'pause 2999');
  assert.is(droppedBy(events) + events.length - 1, 3022);
});

test('one who follows hears of every event once and in order, however often it is trimmed', async () => {
  const journal = opened();
  const left = new AbortController();
  const heard: string[] = [];
  let trims = 0;
  journal.numbers.add({ isLive: () => false, moved: () => void trims++ });
  const following = (async () => {
    for await (const events of journal.batches(true, left.signal))
      for (const event of events) if (/^\d+$/.test(textOf(event))) heard.push(textOf(event));
  })();
  let told = 0;
  for (journal.run = 1; trims < 4; journal.run++) {
    for (let j = 0; j < 40; j++) journal.append(note(String(told++)));
    await turn();
  }
  while (heard.length < told) await turn();
  left.abort();
  await following;
  assert.equal(
    heard,
    Array.from({ length: told }, (_, j) => String(j)),
  );
});

test('what is opened again goes on counting where the last whole line ended, without reading all', async () => {
  const journal = opened();
  for (let run = 1; run <= 40; run++) start(journal, run);
  await settled(journal);
  const { length } = journal;
  journal.close();
  appendFileSync(journal.path!, '{"seq":9999,"time":1,"run":1,"type":"no');
  const again = Journal.open(journal.path!, MOST);
  assert.is(again.length, length);
  again.append(note('new'));
  assert.equal([textOf(again.events().at(-1)!), again.events().at(-1)!.seq], ['new', length]);
  // Longer than the piece of the file that is read first to find the last line.
  again.append(note('y'.repeat(200_000)));
  again.flush();
  assert.is(Journal.open(journal.path!, 1 << 30).length, length + 2);
});

test('a journal of 16 MiB is read in pieces: others have their turn in between', async () => {
  const journal = Journal.open(`${work}/large.ndjson`, 1 << 30);
  for (let j = 0; j < 70_000; j++) journal.append(note(`${j} ${'x'.repeat(200)}`));
  journal.flush();
  assert.ok(readFileSync(journal.path!).length > 16 << 20);
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  let [seen, pieces] = [0, 0];
  for await (const events of journal.batches(false)) {
    seen += events.length;
    pieces++;
  }
  clearInterval(count);
  assert.is(seen, 70_000);
  assert.ok(pieces > 20 && turns > 10, `${pieces} pieces, ${turns} turns`);
});

test.run();
