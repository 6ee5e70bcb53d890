import * as assert from 'uvu/assert';
import type { Change, Listed, MachineMap, Stretch } from '../../server/live/protocol.ts';
import { Axis, eventAt } from '../../web/past/axis.ts';
import { lanesOf, momentsOf } from '../../web/past/lanes.ts';
import { mapAt } from '../../web/past/map-at.ts';
import { suite } from '../harness.ts';

const test = suite('the past of the machine');
const times = (...all: number[]) => all.map((time) => ({ time }));

test('the axis has every event and every moment once, in the order of time', () => {
  const axis = new Axis(times(10, 20, 30), times(5, 20, 25));
  assert.is(axis.length, 6);
  assert.equal(
    Array.from({ length: 6 }, (_, value) => axis.stop(value)),
    [{ at: 5 }, { k: 0 }, { k: 1 }, { at: 20 }, { at: 25 }, { k: 2 }],
  );
  assert.equal(
    [0, 1, 2].map((k) => axis.ofEvent(k)),
    [1, 2, 5],
  );
  assert.equal(
    [5, 20, 25].map((time) => axis.ofTime(time)),
    [0, 3, 4],
  );
  assert.is(eventAt(axis.events, 9), -1);
});

test('beside a long journal a moment is wide enough to be seen, and one press of a key goes to the next', () => {
  const events = times(...Array.from({ length: 1000 }, (_, k) => 100 + k));
  const axis = new Axis(events, times(50, 600.5));
  assert.is(axis.weight, 125);
  assert.equal(axis.stop(axis.ofEvent(999)), { k: 999 });
  assert.equal(axis.stop(axis.next(axis.ofTime(50), 1)), { k: 0 });
  assert.equal(axis.stop(axis.next(axis.ofEvent(0), -1)), { at: 50 });
  assert.equal(axis.stop(axis.next(axis.ofEvent(501), -1)), { at: 600.5 });
  assert.equal(axis.stop(axis.next(axis.ofEvent(500), 1)), { at: 600.5 });
});

const stretch = (id: string, from: number, to: number, more: Partial<Stretch> = {}): Stretch => ({
  id,
  opens: id,
  kind: 'start',
  name: id,
  from,
  to,
  ...more,
});
const change = (time: number, id: string, did: Change['did'], more: Partial<Change> = {}): Change => ({
  time,
  of: 'container',
  id,
  name: id,
  did,
  ...more,
});

test('a hundred thousand operations are drawn with as many runs as there are pixels, and a failure is not hidden', () => {
  const stretches = Array.from({ length: 100_000 }, (_, j) =>
    stretch(`c${j}`, j, j + 0.5, j === 50_000 ? { failed: true } : {}),
  );
  const lane = lanesOf({ stretches, changes: [] }, 1000, (time) => time / 100, 'c7')[0]!;
  assert.is(lane.name, 'containers');
  assert.ok(lane.runs.length <= 1000, `${lane.runs.length} runs`);
  assert.equal(
    lane.runs.filter(({ look }) => look === 'failed'),
    [{ from: 500, to: 501, look: 'failed' }],
  );
  assert.is(lane.runs[0]!.look, 'opened');
});

test('the moments of the opened journal itself are not told twice', () => {
  const past = {
    stretches: [stretch('a', 1, 2), stretch('b', 3, 4)],
    changes: [change(5, 'a', 'die'), change(6, 'b', 'die')],
  };
  assert.equal(
    momentsOf(past, 'a').map(({ time, opens }) => [time, opens]),
    [
      [3, 'b'],
      [4, 'b'],
      [6, 'b'],
    ],
  );
});

const row = (id: string, more: Partial<Listed> = {}): Listed => ({
  id,
  name: id,
  image: 'ubuntu',
  command: 'true',
  status: 'exited',
  machine: 'exited',
  created: 1,
  exitCode: 3,
  pid: 0,
  tty: false,
  error: '',
  ...more,
});
const map: MachineMap = {
  images: [{ id: 'made', names: ['made:latest'], size: 1, layers: [] }],
  networks: [
    { id: 'bridge', name: 'bridge', driver: 'bridge', internal: false },
    { id: 'n', name: 'front', driver: 'bridge', internal: false },
  ],
  volumes: [{ name: 'v' }],
  containers: { a: { networks: [{ id: 'n', address: '10.0.0.2' }], volumes: [], memory: 5 } },
  memory: 100,
};
const past = {
  stretches: [stretch('build', 40, 50, { kind: 'build', subject: 'made' })],
  changes: [
    change(10, 'a', 'create'),
    change(11, 'n', 'connect', { of: 'network', with: 'a' }),
    change(12, 'a', 'start'),
    change(15, 'gone', 'create', { with: 'busybox' }),
    change(16, 'gone', 'start'),
    change(20, 'a', 'pause'),
    change(25, 'gone', 'destroy'),
    change(30, 'a', 'oom'),
    change(31, 'a', 'die', { exitCode: 137 }),
    change(35, 'v', 'create', { of: 'volume' }),
  ],
};
const at = (time: number) =>
  mapAt({ map, list: [row('a'), row('build', { operation: 'build', machine: 'done' })], past }, time);

test('at a moment of the past each container is in the state that it was in, also one that has been removed since', () => {
  const states = (time: number) => at(time).list.map(({ id, status }) => `${id} ${status}`);
  assert.equal(states(5), []);
  assert.equal(states(10), ['a created']);
  assert.equal(states(16), ['a running', 'gone running']);
  assert.equal(states(25), ['a paused']);
  assert.equal(states(45), ['a exited', 'build created']);
  assert.is(at(16).list[1]!.image, 'busybox');
  assert.is(at(40).list[0]!.exitCode, 137);
  assert.is(at(40).map.containers['a']!.oom, true);
  assert.is(at(20).map.containers['a']!.memory, undefined);
});

test('images, networks and volumes that came later are not there', () => {
  assert.equal(at(5).map.volumes, []);
  assert.equal(at(35).map.volumes, [{ name: 'v' }]);
  assert.equal(at(45).map.images, []);
  assert.is(at(50).map.images.length, 1);
  // nothing says when this network was made
  assert.is(at(5).map.networks.length, 2);
});

test.run();
