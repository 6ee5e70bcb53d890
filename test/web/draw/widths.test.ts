import * as assert from 'uvu/assert';
import { frameAt, type Frame } from '../../../runtime/journal/frame.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import { drawCgroups, rowsOf } from '../../../web/draw/cgroups.ts';
import { drawMachine } from '../../../web/draw/machine.ts';
import type { Drawing, Mark } from '../../../web/draw/marks.ts';
import { drawNamespaces } from '../../../web/draw/namespaces.ts';
import { drawNetwork } from '../../../web/draw/network.ts';
import { drawOverlay } from '../../../web/draw/overlay.ts';
import { drawSecurity } from '../../../web/draw/security.ts';
import { noTraffic } from '../../../web/draw/traffic.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { inState, journal, names } from './journals.ts';

const test = suite('pictures in the width that there is');
type Draw = (frame: Frame, events: readonly Event[], width: number) => Drawing;
const pictures: Record<string, Draw> = {
  machine: (frame, events, width) => drawMachine(words, frame, events, width),
  namespaces: (frame, events, width) => drawNamespaces(words, frame, events, undefined, width),
  overlay: (frame, events, width) => drawOverlay(words, frame, events, undefined, undefined, undefined, width),
  cgroups: (frame, events, width) => drawCgroups(words, frame, events, undefined, [], width),
  network: (frame, events, width) => drawNetwork(words, frame, events, undefined, noTraffic, width),
  security: (frame, events, width) => drawSecurity(words, frame, events, undefined, width),
};
/** Pixels: a telephone; beside the steps at 1280, 1500 and 1920 pixels; a very large screen. */
const WIDTHS = [400, 604, 743, 1000, 3000];
/** The minimum scale: text of 11 pixels must not become smaller. */
const SMALLEST = 1;

const rights = (mark: Mark): number[] =>
  mark.shape === 'rect' ? [mark.x, mark.x + mark.w] : mark.shape === 'text' ? [mark.x] : [];
const lying = ({ items }: Drawing, kind: RegExp) =>
  items.flatMap(({ key, x, y, marks }) =>
    marks
      .slice(0, 1)
      .flatMap((mark) =>
        kind.test(key) && mark.shape === 'rect' ? [{ key, x: x + mark.x, y: y + mark.y, w: mark.w, h: mark.h }] : [],
      ),
  );

test('the trees of cgroup hierarchies stand in as few rows as the width allows, and no row is much shorter', () => {
  assert.equal(rowsOf(10, 604), { rows: 2, columns: 5 });
  assert.equal(rowsOf(8, 604), { rows: 1, columns: 8 });
  assert.equal(rowsOf(13, 604), { rows: 2, columns: 7 });
  assert.equal(rowsOf(1, 604), { rows: 1, columns: 1 });
  assert.equal(rowsOf(0, 604), { rows: 1, columns: 1 });
});

for (const [picture, draw] of Object.entries(pictures)) {
  test(`${picture}: nothing lies beside the drawing, however wide, in any phase`, () => {
    for (const name of names) {
      const events = journal(name);
      for (let k = -1; k < events.length; k += 40) {
        for (const width of WIDTHS) {
          const drawing = draw(frameAt(events, k), events, width);
          for (const { key, x, marks } of drawing.items)
            for (const at of marks.flatMap(rights))
              assert.ok(
                x + at >= -1 && x + at <= drawing.width + 1,
                `${key} of ${name} at ${k} in ${width}: ${x + at} of ${drawing.width}`,
              );
        }
      }
    }
  });

  test(`${picture}: is laid out for its place beside the steps, not shrunk`, () => {
    const events = journal('limits');
    for (const width of WIDTHS.slice(1, -1)) {
      const drawing = draw(inState(events, 'running'), events, width);
      assert.ok(width / drawing.width >= SMALLEST, `${width} for ${drawing.width}`);
      assert.ok(drawing.width / width >= 0.8, `${drawing.width} in ${width}`);
    }
  });
}

test('what stands under the rest in a narrow place lies on nothing', () => {
  const events = journal('limits');
  const frame = inState(events, 'running');
  for (const width of WIDTHS) {
    for (const boxes of [
      lying(pictures['network']!(frame, events, width), /^(part|rule):/),
      lying(pictures['overlay']!(frame, events, width), /^mount:/),
      lying(pictures['security']!(frame, events, width), /^(cap|card):/),
      lying(pictures['machine']!(frame, events, width), /^state:/),
    ]) {
      assert.ok(boxes.length > 4);
      for (const [j, a] of boxes.entries())
        for (const b of boxes.slice(0, j))
          assert.ok(
            a.x + a.w <= b.x + 1 || b.x + b.w <= a.x + 1 || a.y + a.h <= b.y + 1 || b.y + b.h <= a.y + 1,
            `${a.key} on ${b.key} in ${width}`,
          );
    }
  }
});

test.run();
