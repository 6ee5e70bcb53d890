/**
 * Every lesson of the course on a real container: it can be failed, it can be passed, and afterwards nothing is left.
 */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { lacking } from '../../lessons/engine/features.ts';
import { loadCourse } from '../../lessons/load.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { Daemon } from '../e2e/daemon.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { suite } from '../harness.ts';
import { prepare, prove, type Before } from './proof.ts';

const test = suite('lessons on real containers', ...needs, 'tmux');
await ownRoom();
const only = process.env['LESSON']?.split(',');
const { lessons } = loadCourse(join(packageRoot, 'lessons'));
let daemon: Daemon;
let before: Before;
/** time from each task's cause until the task was seen done, in ms */
const delays: number[] = [];

test.before(async () => {
  daemon = await new Daemon().start();
  before = await prepare(daemon);
});
test.after(() => daemon.close());

const wanted = lessons.filter(({ id }) => !only || only.includes(id));
const lacksOf = ({ requires }: (typeof lessons)[number]) => lacking(requires, 'en');
for (const lesson of wanted) {
  const lacks = lacksOf(lesson);
  if (lacks.length)
    test([`${lesson.id}: ${lacks.join(', ')}`], `${lesson.id}: can be passed and failed`, () =>
      assert.unreachable('it is skipped'),
    );
  else
    test(`${lesson.id}: untouched it does not pass, each wrong turn brings a hint, and what the lesson says passes`, async () =>
      void delays.push(...(await prove(daemon, lesson, before))));
}

const provable = wanted.some((lesson) => !lacksOf(lesson).length) ? [] : ['a lesson that this machine can prove'];
test(provable, 'a task is seen done within a second of its cause, 95 times of 100', () => {
  assert.ok(delays.length > 0, 'no task was seen done');
  const sorted = [...delays].sort((a, b) => a - b);
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]!;
  console.log(
    `lessons: ${sorted.length} tasks, seen done after a median of ${sorted[sorted.length >> 1]} ms, 95th percentile ${p95} ms`,
  );
  assert.ok(p95 < 1000, `${p95} ms`);
});

test.run();
