import * as assert from 'uvu/assert';
import { drawPivot, pivotStage, type Stage } from '../../../web/draw/pivot.ts';
import { draw as en } from '../../../web/words/en/draw.ts';
import { draw as ru } from '../../../web/words/ru/draw.ts';
import { suite } from '../../harness.ts';
import { afterStep, inState, journal } from './journals.ts';

const test = suite('the picture of pivot_root');
const events = journal('limits');
const at = (stage: Stage, key: string) => drawPivot(en, stage, 860).items.find((item) => item.key === key);

test('the stages of a real run: the old root, the old tree on top, the old tree let go', () => {
  const stages = ['rw-layer.mount-overlay', 'init.mount-proc', 'init.pivot-root', 'init.unmount-old-root'].map((step) =>
    pivotStage(afterStep(events, step)),
  );
  assert.equal(stages, [undefined, 'before', 'lifted', 'gone']);
  assert.is(pivotStage(inState(events, 'running')), 'gone');
});

test("the host's tree is beside the container's, then above it at the same place, then a ghost", () => {
  const [before, lifted] = [at('before', 'host')!, at('lifted', 'host')!];
  assert.ok(before.x < at('before', 'own')!.x / 2);
  assert.ok(Math.abs(lifted.x - at('lifted', 'own')!.x) < 20 && lifted.y < at('lifted', 'own')!.y);
  assert.ok(at('lifted', 'put_old') && !at('before', 'put_old') && !at('gone', 'put_old'));
  assert.ok(at('gone', 'host')!.marks.every(({ tone }) => tone === 'ghost'));
});

test('nothing is outside of the drawing, in both languages', () => {
  for (const words of [en, ru])
    for (const stage of ['before', 'lifted', 'gone'] as const) {
      const { items, width, height } = drawPivot(words, stage, 640);
      for (const { x, y, marks } of items)
        for (const mark of marks)
          if (mark.shape === 'rect')
            assert.ok(x + mark.x >= 0 && x + mark.x + mark.w <= width && y + mark.y + mark.h <= height);
    }
});

test.run();
