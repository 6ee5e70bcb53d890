import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { drydock } from './daemon.ts';
import { run } from './ran.ts';

const test = suite('a data root that cannot be one', 'root', 'unshare');
const work = mkdtempSync('/dev/shm/drydock-root-');
test.after(() => rmSync(work, { recursive: true, force: true }));

/** Runs the commands `mounts`, then a daemon on `root`, in a new mount namespace; the daemon must end by itself. */
async function started(mounts: string, root: string, flags = ''): Promise<{ code: number | null; err: string }> {
  const script = `mount --make-rprivate / && ${mounts} && exec "$NODE" "$CLI" daemon --root "$ROOT" ${flags}`;
  const env = {
    NODE: process.execPath,
    CLI: drydock,
    ROOT: root,
    DRYDOCK_HOST: `unix://${work}/sock`,
    DRYDOCK_EXEC_ROOT: join(work, 'exec'),
    HOME: work,
  };
  return run('unshare', ['-m', 'timeout', '20', 'sh', '-c', script], { env });
}

const dirs = ['lower', 'upper', 'work', 'merged', 'readonly'].map((name) => join(work, name));
for (const dir of dirs) mkdirSync(dir);
const [lower, upper, workdir, merged, readonly] = dirs as [string, string, string, string, string];
writeFileSync(join(work, 'file'), '');

const cases: [what: string, mounts: string, root: string, message: string][] = [
  [
    'on a read-only file system',
    `mount -t tmpfs -o ro tmpfs ${readonly}`,
    join(readonly, 'data'),
    `the data root ${readonly}/data is on a read-only file system; give a directory that can be written with --root`,
  ],
  [
    'on a file system that became read-only',
    `mount -t tmpfs tmpfs ${readonly} && mkdir ${readonly}/data && mount -o remount,ro ${readonly}`,
    join(readonly, 'data'),
    `the data root ${readonly}/data is on a read-only file system; give a directory that can be written with --root`,
  ],
  ['that is a file', 'true', join(work, 'file'), `the data root ${work}/file is no directory; give one with --root`],
];
for (const [what, mounts, root, message] of cases) {
  test(`a daemon whose root is ${what} says so in one sentence that names --root`, async () => {
    const { code, err } = await started(mounts, root);
    assert.equal([code, err.trim()], [1, `drydock: ${message}`]);
  });
}

const onOverlay = `mount -t overlay overlay -o lowerdir=${lower},upperdir=${upper},workdir=${workdir} ${merged}`;
test('a daemon that is told to use overlay2 on overlayfs says why it cannot, and what else there is', async () => {
  const root = join(merged, 'told');
  const { code, err } = await started(onOverlay, root, '--storage-driver overlay2');
  const why = `${root} is on overlayfs, on which overlayfs cannot have its upper directory`;
  assert.equal(
    [code, err.trim()],
    [
      1,
      `drydock: storage driver overlay2 does not work here: ${why}; give another directory with --root, or --storage-driver vfs`,
    ],
  );
});

test('a storage driver that is not known is refused with those that are', async () => {
  const { code, err } = await started('true', join(work, 'root'), '--storage-driver zfs');
  assert.is(code, 125);
  assert.match(err, 'invalid --storage-driver "zfs": give overlay2 or vfs');
});

test.run();
