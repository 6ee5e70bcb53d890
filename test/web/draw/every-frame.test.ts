import * as assert from 'uvu/assert';
import { frameAt } from '../../../runtime/journal/frame.ts';
import type { Drawing, Mark } from '../../../web/draw/marks.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { pictures } from './every-picture.ts';
import { journal, names } from './journals.ts';

const test = suite('every picture of every frame');
const STRIDE = 5;

const numbersOf = (mark: Mark): number[] =>
  mark.shape === 'path'
    ? (mark.d.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number)
    : mark.shape === 'rect'
      ? [mark.x, mark.y, mark.w, mark.h]
      : [mark.x, mark.y];
const repeated = (values: readonly string[]) => values.filter((value, j) => values.indexOf(value) !== j);

function check(drawing: Drawing, what: string): void {
  assert.equal(repeated(drawing.items.map(({ key }) => key)), [], `${what}: an item's key is its own`);
  assert.equal(repeated(drawing.table.rows.map(({ key }) => key)), [], `${what}: a row's key is its own`);
  assert.ok(drawing.summary.length > 10, `${what}: says what it shows`);
  for (const item of drawing.items) {
    for (const mark of item.marks) {
      assert.ok(numbersOf(mark).every(Number.isFinite), `${what}: ${item.key} has a place`);
      if (mark.shape === 'path') assert.not.match(mark.d, /NaN|undefined/, `${what}: ${item.key}`);
      if (mark.shape === 'rect')
        assert.ok(
          item.x + mark.x >= -1 &&
            item.x + mark.x + mark.w <= drawing.width + 1 &&
            item.y + mark.y + mark.h <= drawing.height + 1,
          `${what}: ${item.key} lies within the picture`,
        );
    }
    if (item.label)
      assert.ok(
        item.marks.some(({ shape }) => shape !== 'text'),
        `${what}: ${item.key} can be hit`,
      );
    if (item.sel || item.seek !== undefined)
      assert.ok(item.label, `${what}: ${item.key} can be chosen, so it has a name`);
  }
  for (const row of drawing.table.rows)
    assert.is(row.cells.length, drawing.table.columns.length, `${what}: the table's row ${row.key}`);
}

for (const name of names) {
  const events = journal(name);
  for (const [picture, draw] of Object.entries(pictures)) {
    test(`${picture} of ${name} is whole at every frame`, () => {
      const before = JSON.stringify(events);
      for (let k = -1; k < events.length; k += STRIDE) {
        const frame = frameAt(events, k);
        check(draw(words, frame, events, frameAt(events, k - 1)), `${picture} of ${name} at ${k}`);
      }
      assert.is(JSON.stringify(events), before, 'the journal is not touched');
    });
    test(`${picture} of ${name} is a function of the frame`, () => {
      const k = Math.floor(events.length / 2);
      assert.equal(draw(words, frameAt(events, k), events), draw(words, frameAt(journal(name), k), journal(name)));
    });
  }
}

test('what is selected in a picture is also in its table', () => {
  const events = journal('limits');
  const frame = frameAt(
    events,
    events.findIndex((event) => event.type === 'state' && event.to === 'running'),
  );
  for (const [picture, draw] of Object.entries(pictures)) {
    const drawing = draw(words, frame, events);
    const rows = new Set(drawing.table.rows.map(({ sel }) => sel));
    const missing = drawing.items
      .filter(({ sel }) => sel && !rows.has(sel) && !/^(process|step|ns|route|cgroup:devices)/.test(sel))
      .map(({ sel }) => sel);
    assert.equal(missing, [], picture);
  }
});

test.run();
