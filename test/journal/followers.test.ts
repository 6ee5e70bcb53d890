import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Event } from '../../runtime/journal/event.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { suite } from '../harness.ts';

const test = suite('readers and followers of a journal');
const work = mkdtempSync('/tmp/ddtest-followers-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;
const fresh = () => `${work}/${++count}.ndjson`;
const note = (text: string) => ({ type: 'note', text }) as const;
const texts = (events: Event[]) => events.map((event) => (event.type === 'note' ? event.text : event.type));
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** Reads until the journal ends; `seen` grows meanwhile. */
function follow(journal: Journal, signal?: AbortSignal): { seen: string[]; over: Promise<void> } {
  const seen: string[] = [];
  const over = (async () => {
    for await (const event of journal.read(true, signal)) seen.push(...texts([event]));
  })();
  return { seen, over };
}

test('a long journal is read in pieces, whole and in order, and what happens meanwhile comes behind it', async () => {
  const path = fresh();
  const writer = Journal.open(path);
  for (let n = 0; n < 8000; n++) writer.append(note(`${n} ${'x'.repeat(200)}`));
  writer.flush();
  const journal = Journal.open(path);
  const left = new AbortController();
  const lengths: number[] = [];
  const seqs: number[] = [];
  for await (const events of journal.batches(true, left.signal)) {
    if (!lengths.length) journal.append(note('meanwhile'));
    lengths.push(events.length);
    seqs.push(...events.map(({ seq }) => seq));
    if (seqs.length > 8000) left.abort();
  }
  assert.ok(lengths.length > 3 && lengths[0]! < 4000, String(lengths));
  assert.equal(
    seqs,
    Array.from({ length: 8001 }, (_, seq) => seq),
  );
});

test('for one who does not take what happens only some thousand events are kept; when he takes it again he gets all, in order, from the file', async () => {
  const journal = Journal.open(fresh());
  journal.append(note('first'));
  const left = new AbortController();
  const seqs: number[] = [];
  const most: number[] = [];
  for await (const events of journal.batches(true, left.signal)) {
    seqs.push(...events.map(({ seq }) => seq));
    most.push(events.length);
    if (seqs.length === 1) for (let n = 0; n < 20_000; n++) journal.append(note(String(n)));
    if (seqs.length >= 20_001 && seqs.length < 20_003) journal.append(note('still told'));
    if (seqs.length >= 20_003) left.abort();
  }
  assert.equal(
    seqs,
    Array.from({ length: 20_003 }, (_, seq) => seq),
  );
  assert.ok(Math.max(...most) < 10_000, most.join());
});

test('reading without following ends with what is there', async () => {
  const journal = Journal.open(fresh());
  journal.append(note('a'));
  const seen: string[] = [];
  for await (const event of journal.read(false)) seen.push(...texts([event]));
  assert.equal(seen, ['a']);
});

test('following tells what is there and what comes, without gap or repetition, until the signal', async () => {
  const journal = Journal.open(fresh());
  const stop = new AbortController();
  journal.append(note('0'));
  const { seen, over } = follow(journal, stop.signal);
  for (let n = 1; n < 50; n++) {
    journal.append(note(String(n)));
    if (n % 7 === 0) await tick();
    if (n === 20) journal.flush();
  }
  await tick();
  stop.abort();
  await over;
  assert.equal(
    seen,
    Array.from({ length: 50 }, (_, n) => String(n)),
  );
});

test('a follower gets all events of a journal that is removed as soon as it has begun to read', async () => {
  const path = fresh();
  const journal = Journal.open(path);
  journal.append(note('a'));
  journal.append(note('b'));
  journal.flush();
  const reading = journal.read(true)[Symbol.asyncIterator]();
  const first = reading.next();
  journal.append(note('c'));
  journal.close();
  rmSync(path);
  const events: Event[] = [];
  for (let piece = await first; !piece.done; piece = await reading.next()) events.push(piece.value);
  assert.equal(texts(events), ['a', 'b', 'c']);
});

test('a follower whose signal was given before ends at once', async () => {
  const journal = Journal.open(fresh());
  journal.append(note('before'));
  const { seen, over } = follow(journal, AbortSignal.abort());
  await over;
  journal.append(note('after'));
  await tick();
  assert.equal(seen, []);
});

test('closing ends every follower, after the last event, and nothing is written any more', async () => {
  const path = fresh();
  const journal = Journal.open(path);
  const one = follow(journal);
  const two = follow(journal);
  await tick();
  journal.append(note('last'));
  journal.close();
  await Promise.all([one.over, two.over]);
  assert.equal([one.seen, two.seen], [['last'], ['last']]);
  assert.not.ok(existsSync(path), 'what nobody can read any more is not written');
  journal.append(note('after'));
  await tick();
  assert.not.ok(existsSync(path));
  await follow(journal).over;
});

test.run();
