import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { phaseTexts } from '../../runtime/steps/phase-texts.ts';
import { phases, walkWith } from '../../runtime/steps/phases.ts';
import { network } from '../../runtime/steps/container/4-network.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { suite } from '../harness.ts';
import { applicable, standIn } from './stand-in.ts';

const test = suite('the lifecycle as data');
const { starting } = walkWith({ storage: overlay2, executor: 'stage' });

test("the phases come in the order of a container's life", () => {
  assert.equal(
    starting.map(({ id }) => id),
    ['pull', 'create', 'rw-layer', 'network', 'init'],
  );
  assert.equal(
    phases.map(({ id }) => id),
    [
      'pull',
      'create',
      'rw-layer',
      'network',
      'init',
      'exit',
      'remove',
      'pause',
      'unpause',
      'exec',
      'reach',
      'cp',
      'checkpoint',
      'commit',
      'build',
      'save',
      'load',
      'verify',
      'push',
      'import',
      'disconnect',
      'network-create',
      'network-remove',
      'volume-create',
      'volume-remove',
    ],
  );
});

test('each step says on which line of the source it is done', () => {
  for (const { id, source } of phaseTexts().flatMap(({ steps }) => steps)) {
    assert.ok(source, id);
    const lines = readFileSync(join(packageRoot, source.file), 'utf8').split('\n');
    assert.match(lines[source.line - 1]!, /\bdo\b|Step\(/, `${id}: ${source.file}:${source.line}`);
  }
  assert.match(
    phaseTexts()
      .flatMap(({ steps }) => steps)
      .find(({ id }) => id === 'init.pivot-root')!.source!.file,
    /init\/root\.ts$/,
  );
});

test('a container on the bridge gets its network in this order', () => {
  const { c } = standIn({ host: { NetworkMode: 'bridge' } });
  assert.equal(
    applicable([network], c).map(({ id }) => id),
    [
      'network.ensure-bridge',
      'network.lease-address',
      'network.create-veth',
      'network.attach-to-bridge',
      'network.open-netlink',
      'network.loopback-up',
      'network.find-peer',
      'network.name-eth0',
      'network.set-mac',
      'network.add-address',
      'network.link-up',
      'network.add-routes',
      'network.close-netlink',
      'network.masquerade',
      'network.forwarding',
      'network.pass-firewalls',
      'network.write-hosts',
      'network.write-hostname',
      'network.write-resolv-conf',
    ],
  );
});

test('other modes leave steps out, and put none in another order', () => {
  const all = network.steps.map(({ id }) => id);
  for (const [mode, count] of [
    ['none', 6],
    ['host', 3],
  ] as const) {
    const ids = applicable([network], standIn({ host: { NetworkMode: mode } }).c).map(({ id }) => id);
    assert.is(ids.length, count, `${mode}: ${ids.join()}`);
    assert.equal(
      ids,
      all.filter((id) => ids.includes(id)),
    );
  }
});

test('what is left behind by a step is taken back by that step', () => {
  const undone = starting
    .flatMap(({ steps }) => steps)
    .filter(({ undo }) => undo)
    .map(({ id }) => id);
  for (const id of [
    'create.merge-config',
    'create.cgroup',
    'create.shim',
    'network.lease-address',
    'network.create-veth',
    'network.open-netlink',
    'network.write-hosts',
    'network.write-hostname',
    'network.write-resolv-conf',
  ]) {
    assert.ok(undone.includes(id), `${id} has no undo`);
  }
});

test.run();
