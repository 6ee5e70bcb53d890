import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { removeTree } from '../../runtime/kernel/tree/remove-tree.ts';
import { suite } from '../harness.ts';

const test = suite('removing a tree');
const work = mkdtempSync('/dev/shm/ddtest-remove-');
test.after(() => rmSync(work, { recursive: true, force: true }));
const tree = join(work, 'tree');
/** Makes `wide` files in each of `deep` nested directories. */
function grow(deep: number, wide: number): void {
  let at = tree;
  for (let level = 0; level < deep; level++, at = join(at, 'deeper')) {
    mkdirSync(at);
    for (let j = 0; j < wide; j++) writeFileSync(join(at, `file${j}`), '');
  }
}

for (const [deep, wide] of [
  [1, 0],
  [1, 7],
  [3, 5],
  [1, 63],
  [1, 64],
  [1, 65],
  [2, 64],
  [70, 0],
  [40, 40],
] as const) {
  test(`${deep} directories with ${wide} files each go`, async () => {
    grow(deep, wide);
    await removeTree(tree);
    assert.equal(readdirSync(work), []);
  });
}

test('links are removed, and what they lead to stays', async () => {
  const outside = join(work, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious'), '');
  grow(1, 1);
  symlinkSync(outside, join(tree, 'directory'));
  symlinkSync(join(outside, 'precious'), join(tree, 'file'));
  symlinkSync('nowhere', join(tree, 'broken'));
  await removeTree(tree);
  symlinkSync(outside, tree);
  await removeTree(tree);
  assert.equal([existsSync(tree), readdirSync(outside)], [false, ['precious']]);
  rmSync(outside, { recursive: true });
});

for (const files of [3, 100])
  for (const at of ['', 'deeper', 'deeper/deeper'])
    test(['root'], `of ${files} files, what is mounted at "${at}" stays, also from the same file system`, async () => {
      const outside = join(work, 'outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'precious'), '');
      grow(3, files);
      const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length;
      const before = mounts();
      execFileSync('mount', ['--bind', outside, join(tree, at)]);
      try {
        const failed = await removeTree(tree).catch((error: unknown) => error as Error);
        assert.match((failed as Error).message, `${join(tree, at)} is a mount point; unmount it first`);
        assert.equal(readdirSync(outside), ['precious']);
      } finally {
        execFileSync('umount', [join(tree, at)]);
      }
      assert.is(mounts(), before);
      await removeTree(tree);
      rmSync(outside, { recursive: true });
      assert.equal(readdirSync(work), []);
    });

test('names that are no UTF-8 go too, a file instead of a directory as well, and nothing is no error', async () => {
  grow(1, 3);
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe])]), '');
  await removeTree(tree);
  writeFileSync(tree, '');
  await removeTree(tree);
  await removeTree(tree);
  assert.equal(readdirSync(work), []);
});

test('directories nested deeper than a path can name go', async () => {
  const home = process.cwd();
  mkdirSync(tree);
  process.chdir(tree);
  // 3000 levels of 4 bytes and a slash; PATH_MAX is 4096.
  for (let level = 0; level < 3000; level++) {
    mkdirSync('deep');
    if (level % 100 === 0) writeFileSync('file', '');
    process.chdir('deep');
  }
  process.chdir(home);
  await removeTree(tree);
  assert.equal(readdirSync(work), []);
});

test('while a tree of 40,000 files in 4,000 directories goes, the event loop never stands still for long', async () => {
  for (let d = 0; d < 4000; d++) {
    const inner = join(tree, `${d % 40}`, `${d}`);
    mkdirSync(inner, { recursive: true });
    for (let n = 0; n < 10; n++) writeFileSync(join(inner, `${n}`), '');
  }
  const longest = await stood(() => removeTree(tree));
  assert.equal(readdirSync(work), []);
  assert.ok(longest < 100, `${longest.toFixed(0)} ms`);
});

/** The longest delay of a timer of one millisecond during `body`. */
async function stood(body: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 1);
  await body();
  clearInterval(timer);
  return longest;
}

test.run();
