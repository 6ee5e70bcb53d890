import * as assert from 'uvu/assert';
import { noCgroup } from '../../runtime/kernel/cgroup/none.ts';
import { rwLayerOf } from '../../runtime/steps/container/3-rw-layer.ts';
import {
  checkLeftOut,
  LEAVE_OUT,
  leaveOutOf,
  leftOut,
  omissions,
  unsafeWords,
  UNSAFE,
} from '../../runtime/container/leave-out.ts';
import { phases } from '../../runtime/steps/phases.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { suite } from '../harness.ts';
import { applicable, assertNothingLeft, runSteps, standIn, undoSteps, type StandIn } from './stand-in.ts';
import { create, init } from './stage-phases.ts';

const test = suite('leaving steps out on purpose');
const rwLayer = rwLayerOf(overlay2);
const asking = (ids: string) => ({ HostConfig: { Annotations: { [LEAVE_OUT]: ids } } });
const broken = (ids: string, more: StandIn = {}) => {
  const standing = standIn({
    ...more,
    host: { NetworkMode: 'none', ...more.host, Annotations: { [LEAVE_OUT]: ids, [UNSAFE]: 'true' } },
  });
  const { c } = standing;
  leaveOutOf(c.spec, c.request);
  if (leftOut(c.request).includes('cgroup')) c.cgroup = noCgroup(c.cgroup, c.paths.upper);
  return standing;
};
const ids = (given: string) => applicable([create, rwLayer, init], broken(given).c).map(({ id }) => id);

test("each names steps that there are, and is told apart in a container's steps or in its config.json", () => {
  const all = phases.flatMap(({ steps }) => steps.map(({ id }) => id));
  const usual = broken('');
  for (const { id, steps } of omissions) {
    assert.equal(
      steps.filter((step) => !all.includes(step)),
      [],
      id,
    );
    assert.ok(
      ids(id).join() !== ids('').join() ||
        JSON.stringify(broken(id).c.spec.process) + JSON.stringify(broken(id).c.spec.linux) !==
          JSON.stringify(usual.c.spec.process) + JSON.stringify(usual.c.spec.linux),
      id,
    );
  }
});

test('chroot takes the place of pivot_root, and with it no old root is unmounted', async () => {
  const { k, c } = broken('pivot-root');
  const made = await runSteps(k, c, create, rwLayer, init);
  assert.not(made['init.pivot-root'] ?? made['init.unmount-old-root']);
  assert.equal(
    made['init.chroot']!.map((call) => call.replace(/\(.*/, '')),
    ['stage.fchdir', 'stage.chroot', 'stage.chdir', 'stage.close'],
  );
});

test('without a control group none is made or joined, and nothing is left when it is taken back', async () => {
  const one = broken('cgroup');
  const made = await runSteps(one.k, one.c, create);
  assert.equal(
    Object.keys(made).filter((id) => /cgroup|limits|device/.test(id)),
    ['create.no-cgroup', 'create.unshare-cgroup'],
  );
  assert.not.match(one.k.calls.join('\n'), '/cg/');
  await undoSteps(one.k, one.c, create);
  assertNothingLeft(one, 'a run without a control group');
});

test('limits that cannot hold without the group are told', async () => {
  const { k, c } = broken('cgroup', { host: { Memory: 64 << 20 } });
  await runSteps(k, c, create);
  assert.equal(c.warnings, ['the control group was left out: no limit holds']);
});

test('a clone without the pid namespace has no such flag', async () => {
  const { k, c } = broken('pid-namespace');
  const made = await runSteps(k, c, create);
  assert.match(made['create.clone3']![0]!, 'shim.clone3(0, ');
});

test('names that are not known and pairs that nobody could clean up are refused', () => {
  assert.throws(() => checkLeftOut(asking('pid')), /cannot leave out "pid": only pid-namespace, /);
  assert.throws(() => checkLeftOut(asking('cgroup,pid-namespace')), /they could not be ended/);
  assert.throws(
    () => checkLeftOut({ HostConfig: { PidMode: 'container:x', Annotations: { [LEAVE_OUT]: 'cgroup' } } }),
    /PidMode container:x/,
  );
  assert.throws(() => checkLeftOut(asking('capabilities,uts-namespace')), /another name/);
  for (const { id } of omissions) checkLeftOut(asking(id));
});

test('a whole container has no words, a broken one names what is missing once', () => {
  assert.is(unsafeWords({ HostConfig: {} }), undefined);
  assert.is(unsafeWords(asking('')), undefined);
  assert.is(unsafeWords(asking('seccomp, uts-namespace,seccomp')), 'unsafe: left out seccomp, uts-namespace');
});

test.run();
