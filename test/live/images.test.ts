import * as assert from 'uvu/assert';
import type { Images } from '../../runtime/engine/engine.ts';
import type { Image } from '../../runtime/image/manifest/image.ts';
import { imageTree } from '../../server/messages/image-tree.ts';
import { suite } from '../harness.ts';
import { FakeEngine } from '../server/fake-engine.ts';

const test = suite('an image as a tree');
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const imageOf = (id: string, layers: string, more: Partial<Image> = {}): Image => ({
  id: digest(id),
  config: {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [...layers].map(digest) },
    history: [{ created_by: 'FROM' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'x'.repeat(1000) }],
  },
  layers: [...layers].map((letter, at) => ({
    diffID: digest(letter),
    chainID: `chain ${layers.slice(0, at + 1)}`,
    dir: '/nowhere',
    size: 10,
  })),
  tags: [],
  digests: [],
  size: 20,
  practice: false,
  ...more,
});
const all = [
  imageOf('1', 'ab', { tags: ['one:latest'], digests: [`one@${digest('9')}`] }),
  imageOf('2', 'ac', { tags: ['two:latest'] }),
  imageOf('3', 'ca'),
];
const images: Images = Object.assign(new FakeEngine().images, {
  list: () => all,
  find: (id: string) => all.find((one) => one.id === id),
  record: () => ({
    manifest: digest('8'),
    blobs: [5, 6].map((size) => ({ digest: digest(String(size)), size, mediaType: 'x' })),
  }),
});

test('an image names its index, its manifest, and each layer as it is unpacked and as it travels', () => {
  const { index, manifest, layers } = imageTree(images, digest('1'));
  assert.equal([index, manifest], [digest('9'), digest('8')]);
  assert.equal(
    layers.map(({ diffID, blob }) => [diffID, blob?.size]),
    [
      [digest('a'), 5],
      [digest('b'), 6],
    ],
  );
});

test('a layer is shared when everything below it is the same too', () => {
  assert.equal(
    imageTree(images, digest('1')).layers.map(({ shared }) => shared),
    [['two:latest'], []],
  );
  assert.equal(
    imageTree(images, digest('3')).layers.map(({ shared }) => shared),
    [[], []],
  );
});

test('texts of the history are cut, and those without a layer are told apart', () => {
  const { layers, withoutLayer } = imageTree(images, digest('1'));
  assert.equal([layers[0]!.by, layers[1]!.by.length, withoutLayer], ['FROM', 400, ['ENV']]);
});

test('an image that is not there is refused', () => {
  assert.throws(() => imageTree(images, 'none'), /No such image: none/);
});

test.run();
