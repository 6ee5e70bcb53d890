import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { addon } from '../../runtime/syscalls/native.ts';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { sh, suite } from '../harness.ts';
import { archive, digestOf, type Made } from './tarball.ts';

const test = suite('order within a layer', 'root');
const work = mkdtempSync('/dev/shm/drydock-order-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;

async function unpack(...entries: Made[]): Promise<string> {
  const dir = join(work, String(++count));
  const tar = archive(...entries);
  writeFileSync(`${dir}.blob`, tar);
  await unpackLayer({ blob: `${dir}.blob`, dir, diffID: digestOf(tar) });
  return join(dir, 'diff');
}
const opaque = (path: string): string => {
  const op = addon()
    .operations()
    .findIndex(([known]) => known === 'lgetxattr');
  const answer = addon().local(op, [path, 'trusted.overlay.opaque', 16]);
  return Array.isArray(answer) ? answer[1].toString() : '';
};
/** The tree as lines: 'd/ opaque', 'd/new', 'gone whiteout' … */
function contents(root: string, path = ''): string[] {
  const below = readdirSync(join(root, path))
    .sort()
    .flatMap((name) => {
      const child = path ? `${path}/${name}` : name;
      const stat = lstatSync(join(root, child));
      if (stat.isDirectory())
        return [`${child}/${opaque(join(root, child)) === 'y' ? ' opaque' : ''}`, ...contents(root, child)];
      return [stat.isCharacterDevice() && stat.rdev === 0 ? `${child} whiteout` : child];
    });
  return path || opaque(root) !== 'y' ? below : ['/ opaque', ...below];
}
const permutations = <T>(list: readonly T[]): T[][] =>
  list.length < 2
    ? [[...list]]
    : list.flatMap((one, j) => permutations(list.toSpliced(j, 1)).map((rest) => [one, ...rest]));
const dir = (name: string): Made => ({ name, type: '5' });

const layers: [what: string, entries: Made[], expected: string[]][] = [
  ['a whiteout and a file below the same name', [{ name: '.wh.d' }, { name: 'd/new' }], ['d/ opaque', 'd/new']],
  [
    'a whiteout and a file far below the same name',
    [{ name: '.wh.d' }, { name: 'd/a/b/new' }],
    ['d/ opaque', 'd/a/', 'd/a/b/', 'd/a/b/new'],
  ],
  [
    'a whiteout, a directory of its name and a file in it',
    [{ name: '.wh.d' }, dir('d/'), { name: 'd/new' }],
    ['d/ opaque', 'd/new'],
  ],
  ['a whiteout and a file of its name', [{ name: '.wh.f' }, { name: 'f' }], ['f']],
  ['a whiteout and a link of its name', [{ name: '.wh.l' }, { name: 'l', type: '2', linkname: 'x' }], ['l']],
  [
    'a whiteout, an opaque mark and a file',
    [{ name: '.wh.d' }, { name: 'd/.wh..wh..opq' }, { name: 'd/new' }],
    ['d/ opaque', 'd/new'],
  ],
  [
    'an opaque mark and what it keeps',
    [{ name: 'd/.wh..wh..opq' }, { name: 'd/new' }, { name: 'd/.wh.new' }],
    ['d/ opaque', 'd/new'],
  ],
  ['an opaque mark of the root', [{ name: '.wh..wh..opq' }, { name: 'new' }], ['/ opaque', 'new']],
  [
    'a whiteout and whiteouts below it',
    [{ name: '.wh.d' }, { name: 'd/.wh.x' }, { name: 'd/e/.wh.y' }],
    ['d/ opaque', 'd/e/', 'd/e/y whiteout', 'd/x whiteout'],
  ],
  ['a file and an opaque mark below it', [{ name: 'f' }, { name: 'f/.wh..wh..opq' }], ['f']],
  [
    'a file and a whiteout below it',
    [{ name: 'f' }, { name: 'f/.wh.x' }, { name: '.wh.gone' }],
    ['f', 'gone whiteout'],
  ],
];
for (const [what, entries, expected] of layers) {
  test(`${what}: the same in each of their orders`, async () => {
    for (const order of permutations(entries)) {
      const root = await unpack(...order).catch((error: unknown) => error as Error);
      assert.equal(
        typeof root === 'string' ? contents(root) : root.message,
        expected,
        order.map(({ name }) => name).join(', '),
      );
    }
  });
}

test('a hard link to a hidden name does not become a second whiteout', async () => {
  const error = await unpack({ name: '.wh.t' }, { name: 'h', type: '1', linkname: 't' }).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  assert.match(error!.message, /"h" cannot be linked to "t", which must come before it in the same layer/);
});

test('a hard link and a whiteout of its target', async () => {
  const entries: Made[] = [
    { name: 't', content: 'x' },
    { name: 'h', type: '1', linkname: 't' },
  ];
  for (const at of [0, 1, 2])
    assert.equal(contents(await unpack(...entries.toSpliced(at, 0, { name: '.wh.t' }))), ['h', 't']);
});

test('overlayfs shows of the lower layer what the whiteouts leave, and nothing else', async () => {
  const lower = await unpack({ name: 'd/old' }, { name: 'd/a/old' }, { name: 'kept/x' }, { name: 'kept/gone' });
  for (const order of permutations<Made>([
    { name: '.wh.d' },
    { name: 'd/a/new', content: 'n' },
    { name: 'kept/.wh.gone' },
  ])) {
    const upper = await unpack(...order);
    const merged = join(work, 'merged');
    mkdirSync(merged, { recursive: true });
    sh('mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${upper}:${lower}`, merged);
    try {
      assert.equal(contents(merged), ['d/', 'd/a/', 'd/a/new', 'kept/', 'kept/x']);
      assert.is(readFileSync(join(merged, 'd/a/new'), 'utf8'), 'n');
      assert.not.ok(existsSync(join(merged, 'd/old')));
    } finally {
      sh('umount', merged);
    }
  }
});

test('the time of a directory in which a whiteout was made is the one that the layer says', async () => {
  const root = await unpack({ ...dir('d/'), mtime: 1_000_000_000 }, { name: 'd/.wh.x' });
  assert.is(lstatSync(join(root, 'd')).mtimeMs, 1e12);
});

test.run();
