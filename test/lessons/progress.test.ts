import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadCourse } from '../../lessons/load.ts';
import { checkLearner, ProgressStore } from '../../lessons/progress.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';

const test = suite('progress of learners');
const course = loadCourse(join(packageRoot, 'lessons'));
const root = mkdtempSync('/tmp/drydock-progress-');
const store = () => new ProgressStore(root, course);
test.after(() => rmSync(root, { recursive: true, force: true }));

test('a name is letters and digits of any script, and no path', () => {
  for (const name of ['learner', 'Маша-2', '学生', 'a'.repeat(32)]) assert.is(checkLearner(name), name);
  for (const name of ['', '../x', 'a/b', 'a b', 'a'.repeat(33), '.', 'x\u0000', 7, undefined])
    assert.throws(() => checkLearner(name), /a learner's name is 1 to 32 letters/);
});

test('what was done is in a file that is not named after the learner, and read by the next daemon', () => {
  const first = store();
  first.lesson('Маша', 'process').tasks['cloned'] = 5;
  first.of('Маша').open = { lesson: 'process', since: 1, daemon: 'd', others: [] };
  first.save('Маша');
  assert.ok(readdirSync(join(root, 'lessons')).every((name) => /^[0-9a-f]{64}\.json$/.test(name)));
  const next = store();
  assert.is(next.of('Маша').lessons['process']!.tasks['cloned'], 5);
  assert.is(next.of('Маша').open!.lesson, 'process');
  assert.equal(next.of('other').lessons, {});
});

test('what is exported has no lesson open; imported it is added to what there is', () => {
  const all = store();
  assert.not('open' in all.exported('Маша'));
  all.lesson('two', 'process').tasks['running'] = 9;
  all.imported('two', all.exported('Маша'));
  assert.equal(all.of('two').lessons['process']!.tasks, { cloned: 5, running: 9 });
});

test('of an imported file only what lessons know is taken, and nonsense is told', () => {
  const all = store();
  const given = JSON.parse(
    '{"version":1,"lessons":{"__proto__":{"tasks":{}},"nothing":{"tasks":{"x":1}},"process":{"tasks":{"cloned":3,"unknown":4},"hints":{"cloned":[0,0,99,-1,"x"]},"quiz":{"0":{"chosen":1,"right":false,"at":2},"9":{"chosen":0,"at":1}},"guesses":{"0":{"chosen":1,"at":4},"1":{"chosen":9,"at":4}}}}}',
  ) as object;
  const { lessons } = all.imported('three', given);
  assert.equal(Object.keys(lessons), ['process']);
  assert.equal(lessons['process'], {
    tasks: { cloned: 3 },
    hints: { cloned: [0] },
    quiz: { 0: { chosen: 1, right: true, at: 2 } },
    guesses: { 0: { chosen: 1, at: 4 } },
  });
  for (const bad of [
    null,
    [],
    'x',
    {},
    { version: 2 },
    { version: 1, lessons: [] },
    { version: 1, lessons: { process: { tasks: { cloned: 'x' } } } },
    { version: 1, lessons: { process: 3 } },
  ])
    assert.throws(() => all.imported('three', bad));
  assert.throws(
    () => all.imported('three', { version: 1, lessons: {}, more: 'x'.repeat(300_000) }),
    /at most 262144 bytes/,
  );
});

test('a file that is damaged is begun anew', () => {
  const all = store();
  all.lesson('four', 'process').tasks['cloned'] = 1;
  all.save('four');
  for (const name of readdirSync(join(root, 'lessons')))
    if (readFileSync(join(root, 'lessons', name), 'utf8').includes('"four"'))
      writeFileSync(join(root, 'lessons', name), '{"version":1,');
  assert.equal(store().of('four').lessons, {});
});

test.run();
