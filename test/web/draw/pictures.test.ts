import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { drawCgroups } from '../../../web/draw/cgroups.ts';
import { groupsOf } from '../../../web/draw/groups.ts';
import { limitsOf } from '../../../web/draw/limits.ts';
import { columnsOf, drawNamespaces, inodeTail } from '../../../web/draw/namespaces.ts';
import { drawNetwork } from '../../../web/draw/network.ts';
import { netOf } from '../../../web/draw/network-facts.ts';
import { drawOverlay } from '../../../web/draw/overlay.ts';
import { layersOf, mountsOf } from '../../../web/draw/overlay-shelves.ts';
import { execsOf, programOf } from '../../../web/draw/processes.ts';
import { capabilitiesOf, drawSecurity } from '../../../web/draw/security.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { afterStep, inState, journal, withFacts } from './journals.ts';

const test = suite('what the pictures say of real runs');
const events = journal('limits');
const running = inState(events, 'running');
const own = (frame: ReturnType<typeof frameAt>, of = events) =>
  columnsOf(frame, of)
    .filter(({ tie }) => tie === 'own')
    .map(({ kind }) => kind);

test('each unshare breaks one line', () => {
  assert.equal(own(afterStep(events, 'create.shim')), []);
  assert.equal(own(afterStep(events, 'create.clone3')), ['pid']);
  assert.equal(own(afterStep(events, 'create.unshare-mnt')), ['mnt', 'pid']);
  assert.equal(own(afterStep(events, 'create.unshare-net')), ['mnt', 'pid', 'net', 'ipc', 'uts']);
  assert.equal(own(running), ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']);
  assert.is(inodeTail('net:[4026532181]'), '2181');
});

test('namespaces of another container are joined, those of the host are shared', () => {
  const joined = journal('joined');
  const ties = Object.fromEntries(columnsOf(inState(joined, 'running'), joined).map(({ kind, tie }) => [kind, tie]));
  assert.equal([ties['net'], ties['pid'], ties['mnt']], ['joined', 'shared', 'own']);
  assert.match(
    drawNamespaces(words, inState(joined, 'running'), joined).summary,
    /Shared with the host: pid, user, time/,
  );
});

test("user namespaces nest: all processes are in the host's, and those of a container that has its own are in that, within it", () => {
  const boxes = (kind: 'shared' | 'own') => {
    const at = events.findIndex((e) => e.type === 'state' && e.to === 'running');
    const fact: Event = {
      ...events[at]!,
      type: 'fact',
      facts: [{ kind: 'ns', key: 'user', value: 'user:[4026532402]' }],
    } as Event;
    const all =
      kind === 'own'
        ? [...events.slice(0, at), fact, ...events.slice(at)].map((event, seq) => ({ ...event, seq }))
        : events;
    const { items } = drawNamespaces(words, inState(all, 'running'), all);
    const row = (key: string) => items.find((item) => item.key === `row:${key}`)!.y;
    const found = items
      .filter(({ key }) => key.startsWith('users:'))
      .map(
        ({ x, y, marks: [mark] }) =>
          (mark?.shape === 'rect' ? { x, top: y, bottom: y + mark.h, right: x + mark.w } : undefined)!,
      );
    return {
      found,
      around: found.map(({ top, bottom }) =>
        ['host', 'shim', 'init'].filter((key) => top < row(key) && row(key) < bottom),
      ),
    };
  };
  assert.equal(boxes('shared').around, [['host', 'shim', 'init']]);
  const {
    found: [outer, inner],
    around,
  } = boxes('own');
  assert.equal(around, [['host', 'shim', 'init'], ['init']]);
  assert.ok(inner!.x > outer!.x && inner!.right < outer!.right && inner!.bottom < outer!.bottom);
});

test('an exec is outside until setns, inside after it, and gone when it was waited for', () => {
  const at = (name: string, actor: string) =>
    frameAt(
      events,
      events.findIndex((e) => e.type === 'call' && e.name === name && e.actor === actor && typeof e.run === 'string'),
    );
  assert.equal(execsOf(running, events), []);
  assert.is(execsOf(at('clone3_stage', 'shim'), events)[0]!.inside, false);
  assert.equal(
    [execsOf(at('execve', 'stage'), events).length, execsOf(at('clone_sibling', 'stage'), events)[0]!.inside],
    [1, true],
  );
  assert.equal(execsOf(at('waitid', 'daemon'), events), []);
  assert.is(programOf(running, events), 'sleep');
});

test('the overlay has its shelves from the top, and mounts that only hide something are not among the mounts', () => {
  assert.is(layersOf(running).length, 4);
  assert.equal(
    layersOf(running).map(({ index }) => index),
    [0, 1, 2, 3],
  );
  const targets = mountsOf(words, running).map(({ target }) => target);
  assert.ok(
    targets.includes('/data') &&
      targets.includes('/proc') &&
      !targets.includes('/proc/keys') &&
      !targets.includes('/proc/sys'),
    targets.join(),
  );
  assert.is(mountsOf(words, running).find(({ target }) => target === '/sys/fs/cgroup')!.count, 8);
  assert.match(drawOverlay(words, running, events).table.rows[0]!.cells[2]!, 'it is now /');
  assert.match(
    drawOverlay(words, afterStep(events, 'rw-layer.mount-overlay'), events).table.rows[0]!.cells[2]!,
    'not yet /',
  );
});

test('a container of the driver vfs is said to have a copy, and its root is no mount on an overlay', () => {
  const [root] = Object.entries(running.facts.mount!).find(([, value]) => value.startsWith('overlay of'))!;
  const mount = { ...running.facts.mount, [root]: 'copy of 4 layers' };
  const copied = { ...running, facts: { ...running.facts, mount } };
  assert.match(drawOverlay(words, copied, events).summary, 'The root is a copy of 4 layers');
  assert.equal(mountsOf(words, copied), mountsOf(words, running));
});

test('v1 has a tree for each controller, and limits as they were written', () => {
  const groups = groupsOf(running);
  assert.is(groups.length, 8);
  assert.equal([groups[0]!.mount, groups[0]!.parents], ['/sys/fs/cgroup/cpu', ['drydock']]);
  assert.equal(
    groups.flatMap((group) => limitsOf(words, group)).map(({ name, shown }) => `${name} ${shown}`),
    ['processor time 0.5 CPUs', 'memory 64 MiB', 'memory and swap 128 MiB', 'processes 100'],
  );
});

test('v2 has one tree, with usage where the kernel was asked', () => {
  const dir = `/sys/fs/cgroup/drydock/${'d'.repeat(64)}`;
  const frame = withFacts(
    { kind: 'cgroup', key: '/sys/fs/cgroup/drydock', value: 'cpu,memory,pids' },
    { kind: 'cgroup', key: dir, value: 'cpu,memory,pids' },
    { kind: 'cgroup', key: `${dir}/memory.max`, value: '67108864' },
    { kind: 'cgroup', key: `${dir}/memory.current`, value: '1048576' },
    { kind: 'cgroup', key: `${dir}/cpu.max`, value: '50000 100000' },
    { kind: 'cgroup', key: `${dir}/pids.max`, value: 'max' },
  );
  const [group] = groupsOf(frame);
  assert.equal([group!.mount, group!.parents], ['/sys/fs/cgroup', ['drydock']]);
  assert.equal(
    limitsOf(words, group!).map(({ name, shown, usageShown }) => [name, shown, usageShown]),
    [
      ['memory', '64 MiB', '1 MiB'],
      ['processor time', '0.5 CPUs', undefined],
    ],
  );
});

test('the way out grows link by link and is whole with its rules', () => {
  const summary = (step: string) => drawNetwork(words, afterStep(events, step), events).summary;
  assert.is(netOf(afterStep(events, 'create.unshare-net'), events).mode, 'early');
  assert.match(summary('network.attach-to-bridge'), 'not complete');
  assert.match(
    drawNetwork(words, running, events).summary,
    /^eth0 \(172\.29\.77\.2\/24\) is connected through veth\w+ to drydock0\.$/,
  );
  assert.equal(
    netOf(running, events)
      .rules.map(({ chain }) => chain)
      .sort(),
    ['forward', 'forward', 'forward', 'postrouting'],
  );
  assert.not.match(netOf(running, events).rules[0]!.words, 'counter');
});

test("the host's network and another container's say so", () => {
  for (const [name, mode] of [
    ['host-network', 'host'],
    ['joined', 'joined'],
  ] as const)
    assert.is(netOf(inState(journal(name), 'running'), journal(name)).mode, mode);
});

test('capabilities are all there at birth, and fifteen are kept', () => {
  const count = (frame: ReturnType<typeof frameAt>, held: string) =>
    capabilitiesOf(frame, events).filter((one) => one.held === held).length;
  assert.equal(
    [count(afterStep(events, 'create.clone3'), 'kept'), count(afterStep(events, 'create.clone3'), 'lost')],
    [40, 0],
  );
  assert.equal(
    [count(afterStep(events, 'init.drop-bounding'), 'kept'), count(afterStep(events, 'init.drop-bounding'), 'going')],
    [15, 25],
  );
  assert.equal([count(running, 'kept'), count(running, 'lost')], [15, 25]);
  assert.is(capabilitiesOf(running, events).find(({ name }) => name === 'NET_ADMIN')!.held, 'kept');
  assert.match(drawSecurity(words, running, events).table.rows.find(({ key }) => key === 'user')!.cells[1]!, 'uid 33');
});

test('after the end the pictures say that it is over, not that it has yet to begin', () => {
  for (const [name, state] of [
    ['limits', 'exited'],
    ['not-found', 'failed'],
  ] as const) {
    const all = journal(name);
    const frame = inState(all, state);
    for (const draw of [drawNamespaces, drawOverlay, drawCgroups, drawNetwork, drawSecurity])
      assert.match(draw(words, frame, all).summary, /ended|went with|removed/, `${draw.name} of ${name}`);
  }
  assert.is(netOf(inState(events, 'exited'), events).mode, 'ended');
});

test('what has just changed is marked, and only that', () => {
  const after = afterStep(events, 'create.unshare-net');
  const before = afterStep(events, 'create.unshare-ipc');
  const marked = drawNamespaces(words, after, events, before)
    .items.filter(({ marks }) => marks.some(({ tone }) => tone === 'active'))
    .map(({ key }) => key);
  assert.equal(marked, ['ns:net']);
});

test.run();
