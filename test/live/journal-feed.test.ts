import { mkdtempSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import * as assert from 'uvu/assert';
import type { Event, NewEvent } from '../../runtime/journal/event.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import type { Walkable } from '../../runtime/operation/walkable.ts';
import { feedJournal } from '../../server/live/journal-feed.ts';
import type { Told } from '../../server/live/protocol.ts';
import { suite } from '../harness.ts';

const test = suite('a journal on its way to a viewer');
const note = (text: string): NewEvent => ({ type: 'note', text });

/** Follows a journal: the batches of events that it was sent in, and a promise for a number of events. */
function fed(journal: Journal, from = 0) {
  const told: { seqs: number[]; more: boolean }[] = [];
  const others: Told[] = [];
  const left = new AbortController();
  let look = () => undefined as void;
  const tell = (message: Told) => {
    if (message.type === 'events')
      told.push({ seqs: message.events.map(({ seq }: Event) => seq), more: message.more ?? false });
    else others.push(message);
    look();
  };
  const handle = {
    id: 'f00d',
    happening: (signal: AbortSignal) => journal.batches(true, signal),
  } as unknown as Walkable;
  const over = feedJournal(handle, from, { tell, ahead: () => 0, room: () => Promise.resolve() }, left.signal);
  const come = (count: number) =>
    new Promise<void>((resolve) => {
      look = () => void (told.reduce((sum, { seqs }) => sum + seqs.length, 0) >= count && resolve());
      look();
    });
  return { told, others, over, come, end: () => (left.abort(), over) };
}
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, j) => from + j);

test('what happens together travels together, in order', async () => {
  const journal = Journal.inMemory();
  const { told, come, end } = fed(journal);
  for (const j of upTo(0, 300)) journal.append(note(`${j}`));
  await come(300);
  assert.equal(told, [{ seqs: upTo(0, 300), more: false }]);
  await end();
});

test('where the run comes to stand nothing is waited for but what is said in the same breath: it is told two turns of the loop later', async () => {
  const journal = Journal.inMemory();
  const { told, come, end } = fed(journal);
  journal.append(note('before'));
  await come(1);
  journal.append(note('a step'));
  journal.append({ type: 'gate', at: 'paused' } as NewEvent);
  journal.append(note('in the same breath'));
  let turns = 0;
  const turn = () => void (++turns < 1000 && setImmediate(turn));
  setImmediate(turn);
  await come(4);
  assert.ok(turns <= 3, `${turns} turns`);
  assert.equal(
    told.map(({ seqs }) => seqs),
    [[0], [1, 2, 3]],
  );
  await end();
});

test('stops of the past hold nothing up: a long journal comes in large pieces, and each but the last says that there are more', async () => {
  const journal = Journal.inMemory();
  for (const _ of upTo(0, 2500)) journal.append({ type: 'gate', at: 'paused' } as NewEvent);
  const { told, come, end } = fed(journal, 10);
  await come(2490);
  assert.equal(
    told.flatMap(({ seqs }) => seqs),
    upTo(10, 2500),
  );
  assert.ok(told.length < 10, `${told.length} messages`);
  assert.equal(
    told.map(({ more }) => more),
    told.map((_, j) => j < told.length - 1),
  );
  await end();
});

test('a burst that does not end is not waited for, and nothing of it is lost', async () => {
  const journal = Journal.inMemory();
  const { told, come, end } = fed(journal);
  let count = 0;
  // Append an event in each turn of the event loop, so that the journal is never idle, until the first batch was sent.
  for (
    const begun = performance.now();
    !told.length && performance.now() - begun < 60_000;
    await new Promise((turned) => setImmediate(turned))
  )
    journal.append(note(`${count++}`));
  assert.ok(told.length, 'nothing was told in a minute');
  await come(count);
  assert.equal(
    told.flatMap(({ seqs }) => seqs),
    upTo(0, count),
  );
  await end();
});

test('a viewer of a journal that is trimmed hears that the numbers are others now, and no more', async () => {
  const path = `${mkdtempSync('/tmp/ddtest-feed-')}/journal.ndjson`;
  const journal = Journal.open(path, 32 << 10);
  const { told, others, over } = fed(journal);
  journal.append(note('first'));
  for (journal.run = 1; !others.length; journal.run++) {
    for (const _ of upTo(0, 50)) journal.append(note('x'.repeat(50)));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await over;
  assert.equal(others, [{ type: 'renumbered', id: 'f00d' }]);
  const seqs = told.flatMap((one) => one.seqs);
  assert.equal(seqs, upTo(0, seqs.length));
  rmSync(dirname(path), { recursive: true });
});

test.run();
