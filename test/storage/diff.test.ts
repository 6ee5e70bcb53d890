import { mkdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { collectTar } from './collect.ts';
import type { Change } from '../../runtime/storage/driver.ts';
import { visitChanges as visitUpper } from '../../runtime/storage/overlay2/changes.ts';
import type { Visitor } from '../../runtime/storage/tree/report.ts';
import { tarOfChanges, tarOfTree } from '../../runtime/storage/tree/tar-tree.ts';
import { visitChanges as visitTree } from '../../runtime/storage/vfs/changes.ts';
import { copyTree } from '../../runtime/storage/tree/copy-tree.ts';
import { sh, suite } from '../harness.ts';
import { changing, sorted } from './changed.ts';
import { Layers, scripts } from './layers.ts';
import { seen } from './seen-tree.ts';

const test = suite('what a container has changed, as a layer', 'root', 'tar', 'setcap', 'perl');
const layers = new Layers();
test.after(() => layers.close());

/** The containers of both drivers after the same changes. */
interface Changed {
  driver: string;
  tree: string;
  lowers: string[];
  visit(visitor: Visitor): Promise<void>;
}
const both: Changed[] = [];
test.before(async () => {
  const tars = scripts.map((script) => layers.archived(layers.made(script)));
  const [forOverlay, forVfs]: [string[], string[]] = [[], []];
  for (const tar of tars) {
    forOverlay.unshift(await layers.unpacked(tar, 'overlayfs'));
    forVfs.unshift(await layers.unpacked(tar, 'files'));
  }
  const mountPoints = ['/proc', '/mnt/data'];
  const { merged, upper } = layers.overlay(forOverlay);
  both.push({
    driver: 'overlay2',
    tree: merged,
    lowers: forOverlay,
    visit: (visitor) => visitUpper({ upper, lowers: forOverlay, mountPoints }, visitor),
  });
  const tree = layers.path('tree');
  await copyTree({ whiteouts: 'files', layers: forVfs, target: tree });
  both.push({
    driver: 'vfs',
    tree,
    lowers: forVfs,
    visit: (visitor) => visitTree({ tree, layers: forVfs, mountPoints }, visitor),
  });
  for (const one of both) sh('sh', '-ec', `umask 022; cd ${one.tree}; mkdir -p proc mnt/data; ${changing}`);
});

const changesOf = async ({ visit }: Changed): Promise<string[]> => {
  const changes: Change[] = [];
  await visit(({ path, kind }) => void changes.push([path, kind]));
  return sorted(changes);
};

for (const which of [0, 1]) {
  const name = ['overlay2', 'vfs'][which]!;

  test(`${name}: changes are those that dockerd tells of the same`, async () => {
    const told = await changesOf(both[which]!);
    const of = (path: string) => told.filter((line) => line.slice(2).startsWith(path));
    assert.equal(of('/etc'), ['C /etc', 'C /etc/conf', 'C /etc/deep']);
    assert.equal(of('/whole'), ['C /whole', 'D /whole/below', 'C /whole/new']);
    assert.equal(of('/becomes'), ['C /becomes', 'A /becomes/x']);
    assert.equal(
      [...of('/bin'), ...of('/turns'), ...of('/gone'), ...of('/moved')],
      ['C /bin', 'D /bin/way', 'D /turns', 'D /gone', 'A /moved'],
    );
    assert.equal([...of('/proc'), ...of('/mnt')], [], 'what was made to mount on it is no change');
    assert.equal(of('/new/dir'), ['A /new/dir', 'A /new/dir/file']);
  });

  test(`${name}: the archive, unpacked as a layer above, gives the same tree`, async () => {
    const one = both[which]!;
    const tar = layers.write(`${name}.tar`, await collectTar((emit) => tarOfChanges(one.visit, emit)));
    const again = await layers.unpacked(tar, which ? 'files' : 'overlayfs');
    sh('sh', '-ec', `cd ${one.tree}; rm -f new/socket`);
    const shown = which
      ? await copyTree({ whiteouts: 'files', layers: [again, ...one.lowers], target: layers.path('again') }).then(() =>
          layers.path('again'),
        )
      : layers.overlay([again, ...one.lowers]).merged;
    const without = (lines: string[]) => lines.filter((line) => !/^"(proc|mnt|mnt\/data)"/.test(line));
    assert.equal(without(seen(shown, { directoryTimes: false })), without(seen(one.tree, { directoryTimes: false })));
  });

  test(`${name}: GNU tar reads the archive as we wrote it`, async () => {
    const one = both[which]!;
    const tar = layers.write(`${name}-gnu.tar`, await collectTar((emit) => tarOfChanges(one.visit, emit)));
    const dir = layers.path(`${name}-gnu`);
    mkdirSync(dir);
    sh('tar', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', tar, '-C', dir);
    const part = (lines: string[]) => lines.filter((line) => line.startsWith('"new'));
    assert.equal(part(seen(dir)), part(seen(one.tree)));
    assert.ok(part(seen(dir)).filter((line) => line.includes('with holes')).length === 2, 'and keeps its holes');
    assert.equal(
      seen(dir)
        .filter((line) => line.includes('.wh.'))
        .map((line) => line.split(' ')[0]),
      (which
        ? ['.wh.gone', '.wh.turns', 'bin/.wh.way', 'whole/.wh.below']
        : ['.wh.gone', '.wh.turns', 'bin/.wh.way', 'whole/.wh..wh..opq']
      ).map((path) => JSON.stringify(path)),
    );
  });

  test(`${name}: all that the container sees, as one archive`, async () => {
    const one = both[which]!;
    const trees = which
      ? [one.tree]
      : [sh('sh', '-c', `grep -o 'upperdir=[^,]*' /proc/self/mountinfo | head -1 | cut -d= -f2`).trim(), ...one.lowers];
    const tar = layers.write(
      `${name}-all.tar`,
      await collectTar((emit) => tarOfTree({ trees, whiteouts: 'overlayfs' }, emit)),
    );
    const dir = layers.path(`${name}-all`);
    mkdirSync(dir);
    sh('tar', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', tar, '-C', dir);
    assert.equal(seen(dir), seen(one.tree));
  });
}

test('both drivers tell the same, and archive the same but for how a directory is emptied', async () => {
  const [one, other] = [await changesOf(both[0]!), await changesOf(both[1]!)];
  assert.equal(one, other);
});

test.run();
