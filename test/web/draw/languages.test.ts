/**
 * A picture in Russian contains no English, nor does its table or summary. The terms of the kernel and the specs stay
 * the same in both languages.
 */
import * as assert from 'uvu/assert';
import { compareRuns } from '../../../runtime/journal/compare.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { callLine, factLine, line, resultLine } from '../../../runtime/journal/line.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { drawCompare } from '../../../web/draw/compare.ts';
import type { Drawing } from '../../../web/draw/marks.ts';
import { stepsOf } from '../../../web/draw/steps.ts';
import { detailOf } from '../../../web/draw/timeline-detail.ts';
import { draw as english } from '../../../web/words/en/draw.ts';
import { draw as russian } from '../../../web/words/ru/draw.ts';
import { phaseWords } from '../../../web/words/steps.ts';
import { suite } from '../../harness.ts';
import { pictures } from './every-picture.ts';
import { journal, names } from './journals.ts';

const test = suite('the pictures in Russian');
const STRIDE = 17;

/** Names of two words: options, adjacent names of states and events of the machine, a part of the kernel. */
const allowed = ['OOM killer', '--memory 64m --pids-limit 100', '--network host', 'PAUSE, RESUME'];
/** Two words of Latin letters separated by a blank; options, paths and words with digits do not match. */
const ENGLISH = /(?<![\w/.:=@"'_(-])[A-Za-z][a-z']*[a-z]\.? [a-z][a-z']*[a-z](?![\w/.:=@"'_(-])/;

/**
 * The journal's texts in the kernel's words, which may appear in a picture unchanged, also in parts where a line is
 * broken.
 */
function told(events: readonly Event[]): string {
  const facts = events.flatMap((event) => ('facts' in event ? (event.facts ?? []) : []));
  const images = facts.flatMap(({ kind, value }) => (kind === 'image' ? [value ?? ''] : []));
  return [
    ...events.map((event) => (event.type === 'call' ? `${callLine(event)} ${resultLine(event)}` : line(event))),
    ...facts.map(factLine),
    ...facts.map(({ value }) => (value ?? '').replace(/ counter packets \d+ bytes \d+/, '')),
    ...facts.map(({ key, value }) => `${key.replace(/^\w+\//, '')} ${value ?? ''}`),
    ...images,
  ].join('\n');
}
const texts = ({ items, table, summary }: Drawing): string[] => [
  summary,
  ...table.columns,
  ...table.rows.flatMap(({ cells }) => cells),
  ...items.flatMap(({ label, marks }) => [
    label ?? '',
    ...marks.flatMap((mark) => (mark.shape === 'text' ? [mark.text] : [])),
  ]),
];
/** Sequences of two English words that are not in the journal. */
function left(all: readonly string[], journaled: string): string[] {
  const found = all
    .map((text) => allowed.reduce((rest, name) => rest.replaceAll(name, '·'), text))
    .flatMap((text) => {
      const run = ENGLISH.exec(text)?.[0];
      return run && !journaled.includes(text.replace(/…$/, '')) && !journaled.includes(run) ? [text] : [];
    });
  return [...new Set(found)];
}

for (const name of names) {
  const events = journal(name);
  const journaled = told(events);
  for (const [picture, draw] of Object.entries(pictures)) {
    test(`${picture} of ${name} has no English left`, () => {
      const seen = new Set<string>();
      for (let k = -1; k < events.length; k += STRIDE)
        for (const text of texts(draw(russian, frameAt(events, k), events, frameAt(events, k - 1)))) seen.add(text);
      assert.equal(left([...seen], journaled), []);
      assert.ok(
        [...seen].some((text) => /[а-яё]{3}/.test(text)),
        'and has Russian',
      );
    });
    test(`${picture} of ${name} is the same picture in both languages`, () => {
      const frame = frameAt(events, Math.floor(events.length / 2));
      const [one, other] = [draw(english, frame, events), draw(russian, frame, events)];
      assert.equal(
        one.items.map(({ key, sel }) => [key, sel]),
        other.items.map(({ key, sel }) => [key, sel]),
      );
      assert.equal(
        one.table.rows.map(({ key, cells }) => [key, cells.length]),
        other.table.rows.map(({ key, cells }) => [key, cells.length]),
      );
      assert.ok(left(texts(one), journaled).length > 0, 'what is looked for is found in the English one');
    });
  }
}

test('two runs side by side have no English left but titles of steps, which are given', () => {
  const [a, b] = [journal('limits'), journal('not-found')];
  const drawn = drawCompare(russian, compareRuns(a, b), new Map(), { a: 'один', b: 'другой' });
  assert.equal(
    left(
      [
        drawn.summary,
        ...drawn.table.columns,
        ...drawn.items.flatMap(({ label, marks }) => [
          label ?? '',
          ...marks.flatMap((mark) => (mark.shape === 'text' ? [mark.text] : [])),
        ]),
      ],
      '',
    ),
    [],
  );
});

test('how far a step is, and what an event is, is said in Russian', () => {
  const events = journal('not-found');
  const frame = frameAt(events, events.length - 1);
  const moods = phases
    .map((phase) => phaseWords('ru', phase))
    .flatMap((phase) => stepsOf(russian, phase, frame, events))
    .map(({ said }) => said);
  assert.ok(
    moods.every((said) => /^[а-яё ]+$/.test(said)),
    moods.join(),
  );
  const details = events.map((event) => detailOf(russian, event, () => undefined));
  assert.ok(
    details.every(({ who }) => /[а-яё]/.test(who) || ['shim', 'stage', 'http'].includes(who)),
    'who did it',
  );
  assert.ok(
    details.every(({ about }) => !about || /[а-яё]/.test(about)),
    'what it is about',
  );
});

test.run();
