import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { rwLayerOf } from '../../runtime/steps/container/3-rw-layer.ts';
import { exit } from '../../runtime/steps/container/6-exit.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { suite } from '../harness.ts';
import { assertNothingLeft, runSteps, standIn, undoSteps, type StandIn, type Standing } from './stand-in.ts';
import { create, init } from './stage-phases.ts';

const test = suite('exit phase on the recording kernel');
const rwLayer = rwLayerOf(overlay2);
const work = mkdtempSync('/tmp/ddtest-exit-');
test.after(() => rmSync(work, { recursive: true, force: true }));

/** A container whose process and shim have ended. */
async function ended(wanted: StandIn = {}): Promise<Standing> {
  const one = standIn(wanted);
  await runSteps(one.k, one.c, create, rwLayer, init);
  for (const shim of one.machine.shims) shim.alive = false;
  return one;
}

test('status, group, address and run directory are given back in this order', async () => {
  const one = await ended();
  assert.equal(Object.keys(await runSteps(one.k, one.c, exit)), [
    'exit.collect-status',
    'exit.notice-oom',
    'exit.end-the-rest',
    'exit.remove-cgroup',
    'exit.release-network',
    'exit.forget-run',
  ]);
});

test('after it nothing is left but the rw layer', async () => {
  const one = await ended();
  await runSteps(one.k, one.c, exit);
  assertNothingLeft(one, 'exit');
  assert.ok(one.machine.files.has(one.c.paths.upper));
});

test('the descriptors are closed and the shim is waited for, once', async () => {
  const one = await ended();
  const { 'exit.collect-status': made } = await runSteps(one.k, one.c, exit);
  assert.equal(
    made!.map((call) => call.replace(/^daemon\.(\w+).*/, '$1')),
    ['close', 'close', 'close', 'waitid', 'close'],
  );
  assert.equal(one.c.live, {
    ...one.c.live,
    stageSocket: undefined,
    shimSocket: undefined,
    pidfd: undefined,
    shimPid: undefined,
    shimPidfd: undefined,
  });
});

for (const [name, text, status] of [
  ['an exit code', '1792 1700000000123456789\n', 1792],
  ['a signal', '9 1700000000123456789\n', 9],
  ['a file that is half written', '17', 9],
  ['no file at all', undefined, 9],
] as const) {
  test(`how it ended is what the shim wrote: ${name}`, async () => {
    const one = await ended();
    Object.assign(one.c.paths, { exit: `${work}/exit` });
    rmSync(one.c.paths.exit, { force: true });
    if (text !== undefined) writeFileSync(one.c.paths.exit, text);
    await runSteps(one.k, one.c, exit);
    assert.is(one.c.exit?.status, status);
    if (text?.endsWith('\n')) assert.ok(Math.abs(one.c.exit!.time - 1700000000123.456) < 1, String(one.c.exit!.time));
  });
}

test('what is still in the group is ended before the group is removed', async () => {
  const one = await ended({ cgroups: 'v2' });
  const made = await runSteps(one.k, one.c, exit);
  const dir = `/cg${one.c.cgroup.path}`;
  assert.equal(made['exit.end-the-rest'], [
    `daemon.write("${dir}/cgroup.kill", 0, 00, "1")`,
    `daemon.read("${dir}/cgroup.events", 256 bytes)`,
  ]);
  assert.equal(made['exit.remove-cgroup'], [`daemon.unlinkat(AT_FDCWD, "${dir}", AT_REMOVEDIR)`]);
});

test('whether memory ran out is asked while the group still stands', async () => {
  for (const oom of [true, false]) {
    const one = await ended({ cgroups: 'v2' });
    const dir = `/cg${one.c.cgroup.path}`;
    one.c.cgroup = { ...one.c.cgroup, oomKilled: async () => oom && one.machine.files.has(dir) };
    await runSteps(one.k, one.c, exit);
    assert.equal([one.c.exit?.oom, one.machine.files.has(dir)], [oom, false]);
    assert.is(
      one.k.facts.some(({ key }) => key === `${dir}/memory.events`),
      oom,
    );
  }
});

test('an adopted container, of which this daemon holds nothing but a pidfd, exits all the same', async () => {
  const one = await ended();
  // The daemon that started it was killed: its descriptors are closed, and its child has been adopted by init.
  one.machine.open.clear();
  one.machine.shims.length = 0;
  const pidfd = await one.k.daemon.pidfd_open(one.c.live.pid ?? 0, 0);
  one.c.live = { pid: one.c.live.pid, pidfd };
  await runSteps(one.k, one.c, exit);
  assertNothingLeft(one, 'the exit of an adopted container');
});

test('exit twice, as after a daemon that died in the middle, is no failure', async () => {
  const one = await ended();
  await runSteps(one.k, one.c, exit);
  await runSteps(one.k, one.c, exit);
  assertNothingLeft(one, 'a second exit');
});

for (const cgroups of ['v1', 'v2'] as const) {
  test(`whichever call of exit fails, unwinding leaves nothing (cgroup ${cgroups})`, async () => {
    const whole = await ended({ cgroups });
    const from = whole.k.raw.length;
    await runSteps(whole.k, whole.c, exit);
    assert.ok(whole.k.raw.length - from > 7, `only ${whole.k.raw.length - from} calls`);
    for (let at = from; at < whole.k.raw.length; at++) {
      const one = await ended({ cgroups, fail: { at, errno: 'EIO' } });
      const error = await runSteps(one.k, one.c, exit).then(
        () => undefined,
        (e: unknown) => e,
      );
      const what = `${one.k.calls[at]} failed`;
      assert.ok(error, `${what} and nobody noticed`);
      const failed = one.k.raw[at]!;
      if (failed.name === 'close') one.machine.open.delete(Number(failed.args[0]));
      // If waitid(2) fails, the shim is not reaped: that is the injected error, not a leak.
      if (failed.name === 'waitid') one.machine.shims.forEach((shim) => (shim.reaped = true));
      await undoSteps(one.k, one.c, create, rwLayer, init);
      assertNothingLeft(one, what);
    }
  });
}

test.run();
