/**
 * Every challenge on a real container: untouched it is not solved, a wrong pointing is told its reason, a wrong mending
 * does not pass, the written solution passes, and afterwards nothing is left. One daemon for all; the learner works
 * without a terminal.
 */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { filled } from '../../lessons/engine/values.ts';
import { lacking } from '../../lessons/engine/features.ts';
import type { LessonState } from '../../lessons/engine/state.ts';
import type { Act, Lesson } from '../../lessons/format.ts';
import { loadCourse } from '../../lessons/load.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { Daemon, drydock } from '../e2e/daemon.ts';
import { atRest, sameAs } from '../e2e/leftovers.ts';
import { run } from '../e2e/ran.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { kept } from './proof.ts';
import { Taking } from './taking.ts';

const test = suite('challenges on real containers', ...needs);
await ownRoom();
const only = process.env['CHALLENGE']?.split(',');
const { challenges } = loadCourse(join(packageRoot, 'lessons'));
let daemon: Daemon;
let before: Record<string, string[]>;

test.before(async () => {
  daemon = await new Daemon().start();
  await daemon.ok('run', '--rm', 'ubuntu', 'true');
  mkdirSync(join(daemon.root, 'bin'));
  symlinkSync(drydock, join(daemon.root, 'bin/drydock'));
  before = { ...(await atRest(daemon)), descriptors: [] };
});
test.after(() => daemon.close());

/** The command lines, all for a shell of the host, with the drawn values put in. */
async function work(acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    if (!('host' in act)) throw new Error(`not a line for the host: ${JSON.stringify(act)}`);
    const PATH = `${join(daemon.root, 'bin')}:${process.env['PATH']}`;
    const { code, err } = await run('sh', ['-c', act.host], { env: { ...daemon.env, PATH } });
    if (code !== 0) throw new Error(`${act.host}: ${code} ${err}`);
  }
}

async function take(lesson: Lesson): Promise<void> {
  const had = await kept(daemon);
  const taking = await new Taking(daemon, lesson.id).open();
  const now = (): LessonState => taking.state;
  const screens = () => JSON.stringify(now());
  try {
    const [pointing, mending] = filled(lesson, now().values).tasks as [
      Lesson['tasks'][number],
      Lesson['tasks'][number],
    ];
    const right = lesson.answers[0]!;
    const { marks } = lesson.challenge!;
    // A wrong pointing: the container is broken, and the wrong mark is told why it is not guilty.
    const wrong = (right + 1) % marks.length;
    const told = await daemon.cli('challenge', 'point', lesson.id, marks[wrong]!.id, '--learner', 'tester');
    assert.is(told.code, 1);
    assert.match(told.out, /✗ Not so\. \S/);
    await until('the wrong pointing is known', () => now().quiz[0]?.right === false);
    assert.is.not(taking.task(pointing.id).state, 'done');
    assert.is(taking.task(mending.id).state, 'waiting');
    await taking.post('/answer', { question: 0, chosen: right });
    await until('the pointing is done', () => taking.done(pointing.id));
    // Untouched it is broken: the first hint of the mending holds as long as the symptom does.
    await until('the symptom', () => taking.task(mending.id).hints.includes(0), 20).catch((error: Error) => {
      throw new Error(`${error.message}\n${screens()}`);
    });
    assert.is(taking.task(mending.id).state, 'open', 'untouched it counts as mended');
    for (const { acts } of mending.wrong) {
      await work(acts);
      const shown = taking.task(mending.id).hints.length;
      await taking.post('/hint', { task: mending.id });
      await until('a hint', () => taking.task(mending.id).hints.length > shown);
      assert.is.not(taking.task(mending.id).state, 'done', `${JSON.stringify(acts)} mends it`);
    }
    await work(mending.solve);
    await until(`${lesson.id} is mended`, () => now().finished, 20).catch((error: Error) => {
      throw new Error(`${error.message}\n${screens()}`);
    });
  } finally {
    await taking.leave();
  }
  assert.equal(await kept(daemon), had, `the challenge ${lesson.id} left something in the store`);
  await sameAs(
    before,
    { ...daemon, pid: undefined } as unknown as Daemon,
    `the challenge ${lesson.id} left something behind`,
  );
}

for (const lesson of challenges.filter(({ id }) => !only || only.includes(id))) {
  const lacks = lacking(lesson.requires, 'en');
  test(lacks, `${lesson.id}: untouched and wrongly pointed at it is not solved; the solution solves it`, () =>
    take(lesson),
  );
}

test('in the terminal: list, take, point, hint with the twin, check and leave', async () => {
  const cli = (...args: string[]) => daemon.cli('challenge', ...args);
  assert.match((await cli()).out, /^not-first +It must be the first, and is not +5 min *$/m);
  assert.match((await cli('--lang', 'ru')).out, /^not-first +Должен быть первым/m);
  const { out } = await cli('not-first');
  const [, machine] = /“([a-z]+-[0-9a-f]{4}) collects/.exec(out) ?? [];
  assert.ok(machine, out);
  assert.match(out, /^ {2}pid-namespace +Its pid namespace$/m);
  const unknown = await cli('point', 'not-first', 'moon');
  assert.match(unknown.err, /there is no "moon" to point at: pid-namespace, /);
  assert.is((await cli('check', 'not-first')).code, 1);
  for (const hint of [
    /drydock logs/,
    /look for the one that it shares/,
    new RegExp(`compare ${machine} ${machine}-twin`),
  ])
    assert.match((await cli('hint', 'not-first')).out, hint);
  const twin = await until('the twin runs', () =>
    daemon.json<{ Id: string; State: { Running: boolean } }>(`/containers/${machine}-twin/json`).then(
      ({ State }) => State.Running,
      () => false,
    ),
  );
  assert.ok(twin);
  assert.match((await daemon.cli('compare', machine, `${machine}-twin`)).out, /^ {2}\+ ns pid is /m);
  assert.match((await cli('point', 'not-first', 'pid-namespace')).out, /^✓ Right\. The container has no pid namespace/);
  const { values } = JSON.parse((await daemon.api('POST', '/drydock/lessons/not-first/open')).body) as LessonState;
  await work(
    filled(
      challenges.find(({ id }) => id === 'not-first')!,
      values,
    ).tasks[1]!.solve,
  );
  assert.match((await cli('check', 'not-first')).out, /✓ Mended\./);
  assert.match((await cli('leave', 'not-first')).out, /are removed/);
  await sameAs(before, { ...daemon, pid: undefined } as unknown as Daemon, 'the terminal left something behind');
});

test.run();
