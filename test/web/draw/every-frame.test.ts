import * as assert from 'uvu/assert';
import { frameAt, type Frame } from '../../../runtime/journal/frame.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { headersOf } from '../../../runtime/watch/headers.ts';
import type { Sample } from '../../../runtime/watch/usage.ts';
import { drawCgroups } from '../../../web/draw/cgroups.ts';
import { drawMachine } from '../../../web/draw/machine.ts';
import type { Drawing, Mark } from '../../../web/draw/marks.ts';
import { drawNamespaces } from '../../../web/draw/namespaces.ts';
import { drawNetwork } from '../../../web/draw/network.ts';
import { drawOverlay } from '../../../web/draw/overlay.ts';
import { drawSecurity } from '../../../web/draw/security.ts';
import { drawTimeline } from '../../../web/draw/timeline.ts';
import type { Traffic } from '../../../web/draw/traffic.ts';
import { suite } from '../../harness.ts';
import { journal, names } from './journals.ts';

const test = suite('every picture of every frame');
type Draw = (frame: Frame, events: readonly Event[], previous?: Frame) => Drawing;
/** As they may come: no limits, everything at once, a clock that stands still. */
const sampled = (time: number): Sample[] => [0, 250, 250, 900].map((ms, j) => ({
  time: time + ms, memory: { usage: j * 1e8, most: 3e8, hits: j, kills: j > 2 ? 1 : 0, ...(j % 2 && { limit: 1e8 }) }, cpu: { total: j * 1e9, periods: j, throttledPeriods: j, throttledTime: 0, ...(j > 1 && { limit: 1.5 }) },
  pids: { current: j }, io: { read: 0, written: 0 }, frozen: j === 3, links: [],
}));
/** Of nobody in the journal, to everywhere, at once and one by one. */
const sent = ['', '0800', '0806', '86dd', `0800450000200000400040110000${'ac1d4d02'}08080808`].map((rest) => headersOf(Uint8Array.from(Buffer.from(`0242ac1d4d010242ac1d4d02${rest}`, 'hex'))));
const traffic: Traffic = {
  samples: sampled(0).map((one) => ({ ...one, links: (['container', 'host'] as const).map((side) => ({ side, name: 'eth0', rxPackets: 1e9, txPackets: 5, rxBytes: 1e14, txBytes: 0, rxErrors: 0, txErrors: 0, rxDropped: 3, txDropped: 0 })) })),
  packets: Array.from({ length: 60 }, (_, j) => ({ number: j, time: j, arrived: 990 + j, length: j, out: j % 3 > 0, headers: sent[j % sent.length]! })),
  rewrites: [1, 2, 3].map((j) => ({ protocol: 'udp', from: `172.29.77.2:${j}`, to: `192.0.2.2:${j}`, target: '9.9.9.9:53' })), now: 1200,
};
const pictures: Record<string, Draw> = {
  machine: (frame, events) => drawMachine(frame, events, 600), 'machine, wide': (frame, events) => drawMachine(frame, events, 1000), namespaces: drawNamespaces, overlay: drawOverlay, cgroups: drawCgroups, network: drawNetwork, security: drawSecurity,
  timeline: (frame, events) => drawTimeline(frame, events, phases),
  'cgroups with samples': (frame, events, previous) => drawCgroups(frame, events, previous, sampled(frame.time)),
  'network with traffic': (frame, events, previous) => drawNetwork(frame, events, previous, traffic),
};
const STRIDE = 5;

const numbersOf = (mark: Mark): number[] => (mark.shape === 'path' ? (mark.d.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number) : mark.shape === 'rect' ? [mark.x, mark.y, mark.w, mark.h] : [mark.x, mark.y]);
const repeated = (values: readonly string[]) => values.filter((value, j) => values.indexOf(value) !== j);

function check(drawing: Drawing, what: string): void {
  assert.equal(repeated(drawing.items.map(({ key }) => key)), [], `${what}: an item's key is its own`);
  assert.equal(repeated(drawing.table.rows.map(({ key }) => key)), [], `${what}: a row's key is its own`);
  assert.ok(drawing.summary.length > 10, `${what}: says what it shows`);
  for (const item of drawing.items) {
    for (const mark of item.marks) {
      assert.ok(numbersOf(mark).every(Number.isFinite), `${what}: ${item.key} has a place`);
      if (mark.shape === 'path') assert.not.match(mark.d, /NaN|undefined/, `${what}: ${item.key}`);
      if (mark.shape === 'rect') assert.ok(item.x + mark.x >= -1 && item.x + mark.x + mark.w <= drawing.width + 1 && item.y + mark.y + mark.h <= drawing.height + 1, `${what}: ${item.key} lies within the picture`);
    }
    if (item.label) assert.ok(item.marks.some(({ shape }) => shape !== 'text'), `${what}: ${item.key} can be hit`);
    if (item.sel || item.seek !== undefined) assert.ok(item.label, `${what}: ${item.key} can be chosen, so it has a name`);
  }
  for (const row of drawing.table.rows) assert.is(row.cells.length, drawing.table.columns.length, `${what}: the table's row ${row.key}`);
}

for (const name of names) {
  const events = journal(name);
  for (const [picture, draw] of Object.entries(pictures)) {
    test(`${picture} of ${name} is whole at every frame`, () => {
      const before = JSON.stringify(events);
      for (let k = -1; k < events.length; k += STRIDE) {
        const frame = frameAt(events, k);
        check(draw(frame, events, frameAt(events, k - 1)), `${picture} of ${name} at ${k}`);
      }
      assert.is(JSON.stringify(events), before, 'the journal is not touched');
    });
    test(`${picture} of ${name} is a function of the frame`, () => {
      const k = Math.floor(events.length / 2);
      assert.equal(draw(frameAt(events, k), events), draw(frameAt(journal(name), k), journal(name)));
    });
  }
}

test('what is selected in a picture is also in its table', () => {
  const events = journal('limits');
  const frame = frameAt(events, events.findIndex((event) => event.type === 'state' && event.to === 'running'));
  for (const [picture, draw] of Object.entries(pictures)) {
    const drawing = draw(frame, events);
    const rows = new Set(drawing.table.rows.map(({ sel }) => sel));
    const missing = drawing.items.filter(({ sel }) => sel && !rows.has(sel) && !/^(process|step|ns|route|cgroup:devices)/.test(sel)).map(({ sel }) => sel);
    assert.equal(missing, [], picture);
  }
});

test.run();
