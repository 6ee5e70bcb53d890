/** No text of a picture is smaller than the minimum size, in either language, in any phase of any run. */
import * as assert from 'uvu/assert';
import { compareRuns } from '../../../runtime/journal/compare.ts';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { drawCompare } from '../../../web/draw/compare.ts';
import type { Drawing } from '../../../web/draw/marks.ts';
import { draw as english } from '../../../web/words/en/draw.ts';
import { draw as russian } from '../../../web/words/ru/draw.ts';
import { suite } from '../../harness.ts';
import { pictures } from './every-picture.ts';
import { journal, names } from './journals.ts';

const test = suite('what is written in pictures can be read');
const LEAST = 11;
const STRIDE = 23;
const small = ({ items }: Drawing): string[] =>
  items.flatMap(({ key, marks }) =>
    marks.flatMap((mark) =>
      mark.shape === 'text' && (mark.size ?? 12) < LEAST ? [`${key}: ${mark.text}, ${mark.size}`] : [],
    ),
  );

for (const [picture, draw] of Object.entries(pictures)) {
  test(`${picture}: nothing is smaller than ${LEAST}`, () => {
    for (const name of names) {
      const events = journal(name);
      for (const words of [english, russian])
        for (let k = -1; k < events.length; k += STRIDE)
          assert.equal(small(draw(words, frameAt(events, k), events, frameAt(events, k - 1))), [], `${name} at ${k}`);
    }
  });
}

test('nor in a comparison, which is as wide as its place, and not scaled where a window has 1280 pixels', () => {
  const rows = compareRuns(journal('limits'), journal('not-found'));
  for (const words of [english, russian]) {
    for (const width of [600, 720, 1100]) {
      const drawing = drawCompare(words, rows, new Map(), { a: 'one', b: 'other' }, width);
      assert.is(drawing.width, width);
      assert.equal(small(drawing), []);
      for (const { x, marks } of drawing.items)
        for (const mark of marks) if (mark.shape === 'rect') assert.ok(x + mark.x + mark.w <= width, 'within');
    }
  }
});

test.run();
