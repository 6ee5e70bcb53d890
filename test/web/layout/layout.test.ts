import * as assert from 'uvu/assert';
import { narrow, wide } from '../../../web/draw/machine-layout.ts';
import { layOut } from '../../../web/layout/elk.ts';
import type { Box, Layout, Point } from '../../../web/layout/layout.ts';
import { lifecycle } from '../../../web/layout/lifecycle.ts';
import { suite } from '../../harness.ts';

const test = suite('the layout of the state machine');
const layouts: Record<string, Layout> = { narrow, wide };

const apart = (a: Box, b: Box) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
const edge = (layout: Layout, from: string, to: string) =>
  layout.edges.find((one) => one.from === from && one.to === to)!.points;
const touches = ({ x, y, w, h }: Box, [px, py]: Point) =>
  px >= x - 1 &&
  px <= x + w + 1 &&
  py >= y - 1 &&
  py <= y + h + 1 &&
  (Math.abs(px - x) <= 1 || Math.abs(px - x - w) <= 1 || Math.abs(py - y) <= 1 || Math.abs(py - y - h) <= 1);
const pieces = (points: readonly Point[]) => points.slice(1).map((to, j) => [points[j]!, to] as const);

test('what the page draws is what the state machine comes to when it is laid out now, or `npm run layout` was forgotten', async () => {
  for (const size of ['narrow', 'wide'] as const)
    assert.equal(layouts[size], await layOut(lifecycle(), size), `${size}: npm run layout`);
});

for (const [name, layout] of Object.entries(layouts)) {
  test(`${name}: no box lies on another, and all lie within`, () => {
    const boxes = Object.entries(layout.states);
    for (const [j, [state, box]] of boxes.entries()) {
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.w <= layout.width && box.y + box.h <= layout.height, state);
      for (const [other, its] of boxes.slice(0, j)) assert.ok(apart(box, its), `${state} and ${other}`);
    }
  });

  test(`${name}: every edge leaves its state, comes to the other, at right angles, and through no third`, () => {
    for (const { from, to, on, points } of layout.edges) {
      const what = `${from} to ${to} on ${on}`;
      assert.ok(touches(layout.states[from]!, points[0]!) && touches(layout.states[to]!, points.at(-1)!), what);
      for (const [[ax, ay], [bx, by]] of pieces(points)) {
        assert.ok(ax === bx || ay === by, what);
        const line = { x: Math.min(ax, bx), y: Math.min(ay, by), w: Math.abs(ax - bx), h: Math.abs(ay - by) };
        for (const [state, box] of Object.entries(layout.states))
          if (state !== from && state !== to) assert.ok(apart(line, box), `${what} passes ${state}`);
      }
    }
  });

  test(`${name}: the way up leads right, the way back left, and all that fails comes in at one place`, () => {
    const at = (state: string) => layout.states[state]!.x;
    for (const way of [
      ['created', 'pulling', 'creating', 'layering', 'networking', 'starting'],
      ['removed', 'removing', 'exited', 'exiting', 'running'],
    ]) {
      for (const [j, state] of way.slice(1).entries())
        assert.ok(at(way[j]!) < at(state), `${way[j]} is left of ${state}`);
    }
    assert.is(
      new Set(layout.edges.filter(({ to }) => to === 'unwinding').map(({ points }) => points.at(-1)!.join())).size,
      1,
    );
    assert.ok(edge(layout, 'starting', 'unwinding').length > 2);
  });
}

test('words on edges have room of their own: on no box, and on no other words', () => {
  const rooms = wide.edges.flatMap(({ label, room, from, to, on }) =>
    label ? [{ what: `${from} to ${to} on ${on}`, x: label[0] - room! / 2, y: label[1] - 12, w: room!, h: 24 }] : [],
  );
  assert.is(rooms.length, wide.edges.filter(({ to }) => to !== 'unwinding').length);
  for (const [j, one] of rooms.entries()) {
    for (const [state, box] of Object.entries(wide.states)) assert.ok(apart(one, box), `${one.what} on ${state}`);
    for (const other of rooms.slice(0, j)) assert.ok(apart(one, other), `${one.what} on ${other.what}`);
  }
});

test.run();
