import * as assert from 'uvu/assert';
import { filesOfImage } from '../../../runtime/storage/overlay2/image-files.ts';
import { suite } from '../../harness.ts';
import { Layers } from '../layers.ts';

const test = suite('the files of the layers of an image', 'root');
const layers = new Layers();
test.after(() => layers.close());

const made = (script: string): Promise<string> =>
  layers.unpacked(layers.archived(layers.made(`file() { head -c $2 /dev/zero > $1; }; ${script}`)), 'overlayfs');

test('what a layer adds, changes and hides is counted, with the bytes that can be read no more', async () => {
  const dirs = [
    await made('file a 100; file b 200; mkdir -p d/deep e; file d/x 300; file d/deep/y 400; file e/k 7; ln -s a way'),
    await made('file a 50; touch .wh.b; mkdir d e; touch d/.wh..wh..opq; file d/z 10; file e/n 1'),
    await made('file e 5; touch .wh.gone; file b 9'),
  ];
  const { layers: counted, cut } = await filesOfImage(dirs);
  const [one, two, three] = counted.map(({ largest: _, ...counts }) => counts);
  assert.equal(one, { added: 6, changed: 0, hidden: 0, bytes: 1007, wasted: 0 });
  assert.equal(two, { added: 2, changed: 1, hidden: 3, bytes: 61, wasted: 1000 });
  // a file takes the place of a directory
  assert.equal(three, { added: 2, changed: 0, hidden: 2, bytes: 14, wasted: 8 });
  assert.is(cut, false);
  assert.equal(counted[1]!.largest.slice(0, 2), [
    { path: '/d/deep/y', change: 'hidden', size: 400 },
    { path: '/d/x', change: 'hidden', size: 300 },
  ]);
});

test('of many files only the largest are named, and a layer that is not there has none', async () => {
  const many = await made('for n in $(seq 1 400); do file f$n $n; done');
  const { layers: counted } = await filesOfImage([many, layers.path('nowhere')]);
  assert.equal([counted[0]!.added, counted[0]!.largest.length, counted[0]!.largest[0]!.path], [400, 12, '/f400']);
  assert.equal(counted[1], { added: 0, changed: 0, hidden: 0, bytes: 0, wasted: 0, largest: [] });
});

test.run();
