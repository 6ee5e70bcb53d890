import * as assert from 'uvu/assert';
import type { ImageFiles, ImageTree } from '../../../server/live/protocol.ts';
import { drawImage, madeBy } from '../../../web/draw/image/tree.ts';
import { draw as english } from '../../../web/words/en/draw.ts';
import { draw as russian } from '../../../web/words/ru/draw.ts';
import { suite } from '../../harness.ts';

const test = suite('the picture of an image');
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const layer = (letter: string, size: number, shared: string[] = [], more = 0) => ({
  diffID: digest(letter),
  chainID: digest(letter),
  size,
  by: `/bin/sh -c make ${letter}`,
  shared,
  more,
});
const tree: ImageTree = {
  id: digest('1'),
  tags: ['app:latest', 'app:2'],
  index: digest('2'),
  manifest: digest('3'),
  size: 1_010_000,
  layers: [layer('a', 1_000_000, ['base:latest'], 3), layer('b', 10_000)],
  withoutLayer: [],
};
const counts = { added: 1, changed: 0, hidden: 0, bytes: 1, wasted: 0, largest: [] };
const files: ImageFiles = { layers: [counts, { ...counts, changed: 2, hidden: 3, wasted: 505_000 }], cut: false };
const item = (key: RegExp, drawing = drawImage(english, tree)) => drawing.items.find((one) => key.test(one.key))!;

test('the tree goes from the tag to the config, and from there to each layer, the newest at the top', () => {
  const { items } = drawImage(english, tree, undefined, 900);
  const keys = items.map(({ key }) => key).filter((key) => key.startsWith('node:'));
  assert.equal(keys, ['node:tag', 'node:index', 'node:manifest', 'node:config']);
  assert.is(items.filter(({ key }) => key.startsWith('tie:')).length, 2);
  assert.ok(item(/^layer:sha256:b/).y < item(/^layer:sha256:a/).y);
});

test('an image that was made here has no manifest, and says so', () => {
  const { manifest: _, index: __, ...made } = tree;
  assert.match(JSON.stringify(item(/node:manifest/, drawImage(english, made))), /none: it was made here/);
});

test('a shared layer is hatched and names the others, one of the image alone is not', () => {
  const bar = (key: RegExp) =>
    item(key).marks.flatMap((mark) => (mark.shape === 'rect' && mark.h === 12 ? [mark] : []))[0]!;
  assert.equal([bar(/:a/).look, bar(/:b/).look], ['hatched', 'soft']);
  assert.match(item(/:aaa/).label!, /shared with base:latest and 3 more/);
  assert.ok(bar(/:aaa/).w > bar(/:bbb/).w);
});

test('what a layer adds and hides is said once it is known, and how much of the image is wasted', () => {
  const drawing = drawImage(english, tree, files);
  assert.match(item(/:bbb/, drawing).label!, /1 files added, 2 changed, 3 hidden, 493 KiB wasted/);
  assert.match(drawing.summary, /493 KiB \(50 %\) lie in layers and can be read no more/);
});

test('the shell of a RUN is left out, and control characters are shown', () => {
  assert.is(madeBy('/bin/sh -c make all'), 'RUN make all');
  assert.is(madeBy('|1 V=2 /bin/sh -c make'), 'RUN make');
  assert.is(madeBy('/bin/sh -c #(nop)  CMD ["sh"]'), 'CMD ["sh"]');
  assert.is(madeBy('RUN \u001b[31m'), 'RUN \\e[31m');
});

test('nothing lies beside the drawing or is written too small, however wide it is and however many layers there are', () => {
  const many = { ...tree, layers: Array.from({ length: 127 }, (_, j) => layer('a', j * 1000)) };
  for (const words of [english, russian])
    for (const width of [250, 330, 619, 800, 2000])
      for (const one of [tree, many, { ...tree, layers: [] }]) {
        const drawing = drawImage(words, one, one === tree ? files : undefined, width);
        for (const { key, x, marks } of drawing.items)
          for (const mark of marks) {
            if (mark.shape === 'text') assert.ok((mark.size ?? 12) >= 11, key);
            const edges = mark.shape === 'rect' ? [mark.x, mark.x + mark.w] : mark.shape === 'text' ? [mark.x] : [];
            for (const at of edges) assert.ok(x + at >= 0 && x + at <= drawing.width, `${key} in ${width}`);
          }
        assert.ok(drawing.items.length < 200);
      }
});

test.run();
