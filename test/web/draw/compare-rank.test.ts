/** The order of a comparison by what a difference means. */
import * as assert from 'uvu/assert';
import { compareRuns } from '../../../runtime/journal/compare.ts';
import { rank, topicOf } from '../../../web/draw/compare-rank.ts';
import { drawCompare } from '../../../web/draw/compare.ts';
import { stepIds } from '../../../lessons/checks/journal.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { journal } from './journals.ts';

const test = suite('a comparison, by what differs');
const rows = compareRuns(journal('limits'), journal('not-found'));

test('topics come in order of rank, and every step that differs is in one of them', () => {
  const { ranked, alike } = rank(rows);
  const order = ['namespaces', 'root', 'rights', 'limits', 'network', 'rest'];
  const topics = ranked.map(({ topic }) => order.indexOf(topic));
  assert.equal(
    topics,
    [...topics].sort((a, b) => a - b),
  );
  const listed = ranked.flatMap(({ different }) => different.map(({ step }) => step));
  assert.is(new Set(listed).size, listed.length);
  assert.is(listed.length + alike, rows.length);
});

test('a step of a pull stands below a limit, and each topic has steps', () => {
  assert.is(topicOf('pull.fetch-layers'), 'rest');
  assert.is(topicOf('create.limits'), 'limits');
  for (const topic of ['namespaces', 'root', 'rights', 'limits', 'network', 'rest'])
    assert.ok(
      [...stepIds].some((step) => topicOf(step) === topic),
      topic,
    );
});

test('what is alike is one row of the picture, after all that differs', () => {
  const { items } = drawCompare(words, rows, new Map(), { a: 'one', b: 'other' });
  assert.equal(
    items.filter(({ key }) => key.startsWith('same')).map(({ key }) => key),
    ['same'],
  );
  assert.is(items.at(-1)!.key, 'same');
});

test.run();
