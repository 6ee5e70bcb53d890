import * as assert from 'uvu/assert';
import { pause, unpause } from '../../runtime/steps/container/8-pause.ts';
import { suite } from '../harness.ts';
import { runSteps, standIn, undoSteps, type Standing } from './stand-in.ts';
import { create } from './stage-phases.ts';

const test = suite('pause and unpause on the recording kernel');

/** A v1 freezer that reaches the written state after `slow` reads. */
async function withFreezer(slow = 0): Promise<Standing & { state: () => string }> {
  const one = standIn();
  await runSteps(one.k, one.c, create);
  let state = 'THAWED';
  let reads = 0;
  one.machine.answers['daemon.write_file'] = ({ args }) => {
    state = String(args[3]);
    return 0;
  };
  one.machine.answers['daemon.read_file'] = () =>
    Buffer.from(reads++ < slow && state === 'FROZEN' ? 'FREEZING\n' : `${state}\n`);
  return { ...one, k: one.again(), state: () => state };
}
const writes = (one: Standing) =>
  one.k.calls.flatMap((call) => /freezer\.state", 0, 00, "(\w+)"/.exec(call)?.[1] ?? []);

test('pause.freeze holds the group still, unpause.thaw lets it go on', async () => {
  const one = await withFreezer();
  assert.equal(Object.keys(await runSteps(one.k, one.c, pause)), ['pause.freeze']);
  assert.is(one.state(), 'FROZEN');
  assert.equal(Object.keys(await runSteps(one.k, one.c, unpause)), ['unpause.thaw']);
  assert.equal([one.state(), writes(one)], ['THAWED', ['FROZEN', 'THAWED']]);
});

test('pause is over when the kernel says so, not when it was asked', async () => {
  const one = await withFreezer(3);
  await runSteps(one.k, one.c, pause);
  assert.match(one.k.calls.at(-1)!, 'daemon.read');
  assert.ok(
    one.k.calls.filter((call) => call.startsWith('daemon.read(')).length >= 2 &&
      writes(one).every((state) => state === 'FROZEN'),
  );
});

test('a pause that failed is taken back, so that nothing stays frozen', async () => {
  for (let at = 0; at < 2; at++) {
    const one = await withFreezer();
    const failing = one.again({ at, errno: 'EIO' });
    assert.ok(
      await runSteps(failing, one.c, pause).then(
        () => false,
        () => true,
      ),
    );
    await undoSteps(failing, one.c, pause);
    assert.is(one.state(), 'THAWED');
  }
});

test('cgroup v2 freezes by cgroup.freeze and asks cgroup.events', async () => {
  const one = standIn({ cgroups: 'v2' });
  one.machine.answers['daemon.write_file'] = () => 0;
  one.machine.answers['daemon.read_file'] = () => Buffer.from('populated 1\nfrozen 1\n');
  const dir = `/cg${one.c.cgroup.path}`;
  assert.equal(await runSteps(one.k, one.c, pause), {
    'pause.freeze': [
      `daemon.write("${dir}/cgroup.freeze", 0, 00, "1")`,
      `daemon.read("${dir}/cgroup.events", 256 bytes)`,
    ],
  });
});

test.run();
