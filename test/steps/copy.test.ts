import * as assert from 'uvu/assert';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { cp, type Copying } from '../../runtime/steps/container/cp.ts';
import { reach } from '../../runtime/steps/container/reach.ts';
import type { PathStat } from '../../runtime/storage/archive/path-stat.ts';
import { suite } from '../harness.ts';
import { runSteps, standIn, undoSteps } from './stand-in.ts';

const test = suite('the phases of cp on the recording kernel');
const found: PathStat = { name: 'f', size: 4, mode: 0o644, mtime: '', linkTarget: '' };

/** `jobs`: what each job gets and answers. */
const kernel = (answers: Record<string, unknown>, asked: [string, unknown][] = []) =>
  recordingKernel({
    answers: { 'daemon.socketpair': Buffer.alloc(8) },
    jobs: Object.fromEntries(
      Object.entries(answers).map(([name, answer]) => [
        name,
        async (input: unknown) => {
          asked.push([name, input]);
          return answer;
        },
      ]),
    ),
  });
const copying = (more: Partial<Copying>): Copying => {
  const { c } = standIn();
  c.live = { pid: 77, pidfd: 8, rootfd: 300 };
  return { container: c, stopped: false, path: '/a/f', ...more };
};

test('the root of a running container is opened through its first process, that of a stopped one is fetched', async () => {
  const running = kernel({ 'archive-stat': found });
  const made = await runSteps(running, copying({}), cp);
  assert.equal(Object.keys(made), ['cp.open-root', 'cp.look']);
  assert.match(made['cp.open-root']![0]!, /^daemon\.openat\(AT_FDCWD, "\/proc\/77\/root", .*O_PATH/);
  const stopped = await runSteps(kernel({ 'archive-stat': found }), copying({ stopped: true }), cp);
  assert.equal(stopped['cp.open-root'], ['daemon.pidfd_getfd(8, 300, 0)']);
});

test('an archive that is sent begins with what the path is, and is read in the root', async () => {
  const seen: unknown[] = [];
  const c = copying({ send: async (...given) => void seen.push(given) });
  const made = await runSteps(kernel({ 'archive-stat': found }), c, cp);
  assert.equal(Object.keys(made), ['cp.open-root', 'cp.look', 'cp.send']);
  assert.equal(seen, [[found, { root: c.root, prefix: '', path: '/a/f' }]]);
});

test('an archive is received only in a directory that may be written to', async () => {
  const receive = { keepsKinds: true, pass: async () => undefined };
  const words = (target: string | undefined, mayWrite?: Copying['mayWrite']) =>
    runSteps(
      kernel({ 'archive-target': target, 'archive-write': { entries: 1 } }),
      copying({ receive, ...(mayWrite && { mayWrite }) }),
      cp,
    ).then(
      (made) => Object.keys(made).join(),
      (error: Error) => error.message,
    );
  assert.is(await words(undefined), 'extraction point is not a directory');
  const refuse = () => {
    throw new Error('read-only');
  };
  assert.is(await words('/a', refuse), 'read-only');
  assert.equal((await words('/a')).split(','), ['cp.open-root', 'cp.receive']);
});

test('the undo closes the root once', async () => {
  const c = copying({});
  const k = kernel({ 'archive-stat': found });
  await runSteps(k, c, cp);
  await undoSteps(k, c, cp);
  await undoSteps(k, c, cp);
  assert.is(k.calls.filter((call) => call.startsWith('daemon.close')).length, 1);
});

test('a stopped container is reached by a process without its user and program, and nothing of it stays', async () => {
  const one = standIn();
  const made = await runSteps(one.k, one.c, reach);
  assert.equal(Object.keys(made), ['reach.shim', 'reach.clone3', 'reach.unshare-mnt']);
  assert.equal(made['reach.unshare-mnt'], ['stage.unshare(CLONE_NEWNS)']);
  await undoSteps(one.k, one.c, reach);
  assert.equal([...one.machine.open.values()], []);
  assert.ok(one.machine.shims.every(({ alive, reaped }) => !alive && reaped));
  assert.not.ok(one.machine.files.has(one.c.paths.runDir));
});

test.run();
