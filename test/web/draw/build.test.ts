import * as assert from 'uvu/assert';
import type { Event, Fact } from '../../../runtime/journal/event.ts';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { drawBuild } from '../../../web/draw/build/build.ts';
import { buildOf, partOf } from '../../../web/draw/build/model.ts';
import type { BuildSaid } from '../../../web/draw/build/said.ts';
import type { Drawing } from '../../../web/draw/marks.ts';
import { draw as english } from '../../../web/words/en/draw.ts';
import { draw as russian } from '../../../web/words/ru/draw.ts';
import { whyWords } from '../../../web/words/told.ts';
import { suite } from '../../harness.ts';

const test = suite('the picture of a build');
const [base, below, made] = ['b', 'c', 'd'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string, string];
const FACTS: Readonly<Record<string, string>> = {
  '1': 'line 1: ARG BASE=base',
  '2': 'stage 0, line 2: FROM $BASE AS tools',
  '2 layer': '2000000',
  '2 image': base,
  '3': 'stage 0, line 3: RUN make all',
  '3 parent': base,
  '3 args': 'V=2',
  '3 cache': 'hit',
  '3 layer': '40000',
  '3 image': below,
  '4': 'stage 1, line 4: FROM base',
  '4 layer': '2000000',
  '4 image': base,
  '5': 'stage 1, line 5: COPY . /app',
  '5 parent': base,
  '5 files': `12, dir:${'9'.repeat(64)}`,
  '5 cache': 'miss',
  '5 differs 1': 'file src/a.js has changed',
  '5 layer': '10000',
  '5 image': made,
  '6': 'stage 1, line 6: RUN --mount=type=secret,id=key --mount=type=cache,target=/c make',
  '6 parent': made,
  '6 cache': 'below',
  '6 mount /c': 'cache',
  '6 mount /run/secrets/key': 'secret',
  '6 container': 'e'.repeat(64),
  '7': 'stage 1, line 7: COPY --from=tools /tool /bin/tool',
};
const told = (facts: Readonly<Record<string, string>>): Event => ({
  seq: 0,
  time: 0,
  run: 1,
  type: 'fact',
  facts: Object.entries(facts).map(([key, value]): Fact => ({ kind: 'build', key, value })),
});
const steps: Event[] = [
  { seq: 1, time: 0, run: 1, type: 'step', step: 'build.run@6/7', at: 'start' },
  { seq: 2, time: 0, run: 1, type: 'step', step: 'build.run@6/7', at: 'failed', error: 'no' },
];
const events = [told(FACTS), ...steps];
const said = (words: typeof english, language: 'en' | 'ru' = 'en'): BuildSaid => ({
  words,
  reason: (text) => whyWords(language, text),
  title: (step) => step,
});
const drawn = (k: number, width = 780, all: readonly Event[] = events, words = english): Drawing =>
  drawBuild(said(words, words === english ? 'en' : 'ru'), frameAt(all, k), all, () => true, width);
const row = ({ items }: Drawing, number: string) => items.find(({ key }) => key === `row:${number}`)!;

test('a stage has its instructions, and says which stage they take files of', () => {
  const { stages } = buildOf(frameAt(events, 0), events);
  assert.equal(
    stages.map(({ index, name, instructions }) => [index, name, instructions.map(({ number }) => number)]),
    [
      [-1, undefined, ['1']],
      [0, 'tools', ['2', '3']],
      [1, undefined, ['4', '5', '6', '7']],
    ],
  );
  const arrows = drawn(0).items.filter(({ key }) => key.startsWith('from:'));
  assert.equal(
    arrows.map(({ key }) => key.split(':')[1]),
    ['7'],
  );
});

test('a layer of the cache is hatched, one that was made is not, and a larger one is wider', () => {
  const bar = (number: string) =>
    row(drawn(0), number).marks.flatMap((mark) =>
      mark.shape === 'rect' && ['hatched', 'soft'].includes(mark.look!) && mark.h === 16 ? [mark] : [],
    )[0]!;
  assert.equal([bar('3').look, bar('5').look], ['hatched', 'soft']);
  assert.ok(bar('2').w > bar('3').w && bar('3').w > bar('5').w);
});

test('what differs is marked at the input of the key, and the break begins there', () => {
  const drawing = drawn(0);
  const texts = row(drawing, '5').marks.flatMap((mark) => (mark.shape === 'text' ? [mark.text] : []));
  assert.ok(texts.some((text) => text.startsWith('≠ files: 12')));
  assert.ok(texts.includes('≠ file src/a.js has changed'));
  assert.ok(texts.includes('command'));
  assert.equal(
    drawing.items.filter(({ key }) => key.startsWith('break:')).map(({ key }) => key),
    ['break:5'],
  );
  assert.equal(
    ['the image below is a and was b', 'mount /c is new: x', "ARG V is '1' and was '2'", '… 3 more'].map(partOf),
    ['parent', 'mounts', 'command', undefined],
  );
});

test('the instruction that is done, and the one that failed, are marked', () => {
  assert.match(row(drawn(1), '6').label!, /now: build\.run/);
  assert.match(row(drawn(2), '6').label!, /failed: build\.run/);
  assert.match(drawn(2).summary, /It failed at 6/);
  assert.match(row(drawn(1), '7').label!, /not yet/);
});

test('caches and secrets are said to stay outside the image', () => {
  assert.match(row(drawn(0), '6').label!, /not in the image: cache \/c, secret \/run\/secrets\/key/);
});

test('nothing lies beside the drawing, and nothing is written too small, in either language', () => {
  for (const words of [english, russian])
    for (const width of [280, 400, 604, 743, 1000, 3000])
      for (const k of [0, 1, 2]) {
        const drawing = drawn(k, width, events, words);
        for (const { key, x, marks } of drawing.items)
          for (const mark of marks) {
            if (mark.shape === 'text') assert.ok((mark.size ?? 12) >= 11, `${key}: ${mark.text}`);
            const edges = mark.shape === 'rect' ? [mark.x, mark.x + mark.w] : mark.shape === 'text' ? [mark.x] : [];
            for (const at of edges) assert.ok(x + at >= -1 && x + at <= drawing.width + 1, `${key} in ${width}`);
          }
      }
});

test('in Russian only the text of the Dockerfile is in English', () => {
  const drawing = drawn(2, 780, events, russian);
  const cells = drawing.table.rows.flatMap(({ cells: [, , ...others] }) => others);
  assert.equal(
    [drawing.summary.replace(/RUN .*/, ''), ...drawing.table.columns, ...cells].filter((text) =>
      /(?<![\w/.-])[a-z]{3,} [a-z]{2,}/.test(text),
    ),
    [],
  );
  assert.match(cells.join(), /изменилось: файл src\/a\.js/);
});

test('a journal of strangers cannot break it', () => {
  const odd = told({ '': 'x', ' ': 'y', '1': 'no plan', '2': 'stage 9, line 1: ', '3 cache': 'hit', more: '5' });
  assert.is(buildOf(frameAt([odd], 0), [odd]).stages.length, 1);
  assert.ok(drawn(0, 780, [odd]).height > 0);
  assert.ok(drawn(-1, 780, []).summary.includes('not read yet'));
});

test.run();
