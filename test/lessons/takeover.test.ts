/** A lesson is continued by another daemon, and knows whether the last one ended orderly or was killed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Lessons } from '../../lessons/engine/lessons.ts';
import { loadCourse } from '../../lessons/load.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';

const test = suite('a lesson and the daemons that it outlives');
const loaded = loadCourse(join(packageRoot, 'lessons'));
// No container is started in this test.
const course = { ...loaded, lessons: loaded.lessons.map(({ machine: _, ...lesson }) => ({ ...lesson, requires: [] })) };
const root = mkdtempSync('/tmp/drydock-takeover-');
test.after(() => rmSync(root, { recursive: true, force: true }));

const engine = {
  settings: { root, execRoot: join(root, 'run'), cgroupParent: '/none' },
  containers: () => [],
  operations: () => [],
  networks: { list: () => [] },
  volumes: { list: () => [] },
  images: { list: () => [] },
  events: { listen: () => () => undefined },
} as unknown as Engine;
const daemon = () =>
  new Lessons({
    engine,
    course,
    request: () => {
      throw new Error('nothing is run here');
    },
  });
const ended = (lessons: Lessons) => lessons.session('ann', 'who-may-die').open.ended;

test('one that is killed says nothing, one that is asked to end says goodbye, and the next daemon knows which', async () => {
  const first = daemon();
  await first.open('ann', 'who-may-die');
  assert.is(ended(first), undefined, 'it is the first');
  const second = daemon();
  assert.is(ended(second), 'killed');
  second.close();
  const third = daemon();
  assert.is(ended(third), 'asked');
  const fourth = daemon();
  assert.is(ended(fourth), 'killed', 'what was said once is no goodbye of another one');
  fourth.close();
  await daemon().open('ann', 'who-may-die', true);
  assert.is(ended(daemon()), 'killed', 'a lesson that is begun again begins anew');
});

test.run();
