import * as assert from 'uvu/assert';
import type { Fact } from '../../../runtime/journal/event.ts';
import { drawTanks, tanksOf } from '../../../web/draw/tanks/tanks.ts';
import { draw as english } from '../../../web/words/en/draw.ts';
import { draw as russian } from '../../../web/words/ru/draw.ts';
import { suite } from '../../harness.ts';
import { inState, journal, withFacts } from './journals.ts';

const test = suite('the picture of volumes and binds');
const own = `/var/lib/drydock/containers/${'a'.repeat(64)}`;
const mounts: Readonly<Record<string, string>> = {
  [`${own}/rootfs`]: 'overlay of 2 layers',
  '/proc': 'proc proc',
  '/etc/hosts': `bind ${own}/hosts rprivate`,
  '/dev/console': 'bind /dev/pts/0',
  '/data': 'bind /var/lib/drydock/volumes/site/_data rprivate',
  '/sub': 'bind /var/lib/drydock/volumes/site/_data/deep/er ro rprivate',
  '/src': 'bind /home/a b/src ro rprivate',
};
const frame = withFacts(...Object.entries(mounts).map(([key, value]): Fact => ({ kind: 'mount', key, value })));

test("volumes and binds are tanks, and Drydock's own files and devices are none", () => {
  assert.equal(tanksOf(frame), [
    { target: '/data', source: '/var/lib/drydock/volumes/site/_data', readOnly: false, volume: 'site' },
    { target: '/sub', source: '/var/lib/drydock/volumes/site/_data/deep/er', readOnly: true, volume: 'site' },
    { target: '/src', source: '/home/a b/src', readOnly: true },
  ]);
  const events = journal('limits');
  assert.equal(
    tanksOf(inState(events, 'running')).map(({ source, readOnly }) => [source, readOnly]),
    [['/tmp', true]],
  );
});

test('what a mount point covers is said when it is known, and hatched', () => {
  const covered = new Map([
    ['/data', { names: ['a', 'b', 'c', 'd', 'e'], more: 2 }],
    ['/src', { names: [], more: 0 }],
  ]);
  const { items } = drawTanks(english, frame, covered);
  const item = (target: string) => items.find(({ key }) => key === `tank:${target}`)!;
  const isHatched = (target: string) =>
    item(target).marks.some((mark) => mark.shape === 'rect' && mark.look === 'hatched');
  assert.match(item('/data').label!, /volume site is mounted at \/data, read-write; covers 7 names: a, b, c, d, …$/);
  assert.match(item('/src').label!, /bind of \/home\/a b\/src is mounted at \/src, read-only; covers nothing/);
  assert.match(item('/sub').label!, /known live only/);
  assert.equal(['/data', '/src', '/sub'].map(isHatched), [true, false, false]);
});

test('nothing lies beside the drawing or is written too small, in either language', () => {
  for (const words of [english, russian])
    for (const width of [200, 330, 539, 541, 2000]) {
      const drawing = drawTanks(words, frame, new Map(), width);
      for (const { key, x, y, marks } of drawing.items)
        for (const mark of marks) {
          if (mark.shape === 'text') assert.ok((mark.size ?? 12) >= 11, key);
          if (mark.shape !== 'rect') continue;
          assert.ok(mark.w > 0 && x + mark.x >= 0 && x + mark.x + mark.w <= drawing.width, `${key} in ${width}`);
          assert.ok(y + mark.y + mark.h <= drawing.height, `${key} in ${width}`);
        }
    }
});

test.run();
