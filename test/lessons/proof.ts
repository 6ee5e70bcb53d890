/**
 * Takes one lesson on a real container: it does not pass without actions, each wrong action brings a hint, the intended
 * actions pass, and afterwards nothing is left.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Check } from '../../lessons/checks/check.ts';
import type { Lesson } from '../../lessons/format.ts';
import type { Daemon } from '../e2e/daemon.ts';
import { atRest, sameAs } from '../e2e/leftovers.ts';
import { Taking } from './taking.ts';
import { patience, until } from '../until.ts';

export type Before = Record<string, string[]>;

/** The snapshot before any lesson: the image has been pulled, and the objects that all containers share exist. */
export async function prepare(daemon: Daemon): Promise<Before> {
  await daemon.ok('run', '--rm', 'ubuntu', 'true');
  return { ...(await atRest(daemon)), descriptors: [] };
}

/** What the learner of a lesson pulls stays, as it does elsewhere. */
const PULLED = /^hello-world:/;
/** What the engine has: networks, volumes, images, also those that only a build's cache knows; practice directories. */
export async function kept(daemon: Daemon): Promise<Before> {
  const named = async (path: string, nameOf: (one: Record<string, unknown>) => unknown) =>
    (await daemon.json<Record<string, unknown>[]>(path)).map((one) => String(nameOf(one))).sort();
  const practice = join(daemon.execRoot, 'practice');
  return {
    networks: await named('/networks', ({ Name }) => Name),
    volumes: readdirSync(join(daemon.root, 'volumes')).sort(),
    images: (await daemon.json<{ Id: string; RepoTags: string[] | null }[]>('/images/json?all=1'))
      .filter(({ RepoTags }) => !RepoTags?.some((tag) => PULLED.test(tag)))
      .map(({ Id }) => Id)
      .sort(),
    practice: existsSync(practice) ? readdirSync(practice) : [],
  };
}

/** Leaves the lesson, then removes everything that the learner made and that the lesson therefore keeps. */
async function goodbye(taking: Taking, before: Before, had: Before): Promise<void> {
  const { daemon, lesson } = taking;
  await taking.leave();
  await daemon.takeBack();
  assert.equal(await kept(daemon), had, `the lesson ${lesson} left something in the store`);
  await daemon.removeAll();
  await sameAs(
    before,
    { ...daemon, pid: undefined } as unknown as Daemon,
    `the lesson ${lesson} left something behind`,
  );
}

/** Numbers, from 0, of the questions whose answers a task requires. */
function asked(check: Check): number[] {
  if ('name' in check) return check.name === 'quiz.right' && typeof check.arg === 'number' ? [check.arg - 1] : [];
  return 'not' in check ? [] : Object.values(check).flat().flatMap(asked);
}
async function answers(lesson: Lesson, question: number, taking: Taking): Promise<void> {
  const right = lesson.answers[question]!;
  await taking.post('/answer', { question, chosen: (right + 1) % lesson.text.en.quiz[question]!.options.length });
  await until('the wrong answer is told', () => taking.state.quiz[question]?.right === false);
  assert.not(taking.state.finished);
  await taking.post('/answer', { question, chosen: right });
}

async function wrongTurns(lesson: Lesson, task: Lesson['tasks'][number], taking: Taking): Promise<void> {
  for (const { acts, hint } of task.wrong) {
    const what = `${lesson.id}, ${task.id}, ${JSON.stringify(acts)}`;
    const known = taking.task(task.id).hints.length;
    await taking.acts(acts);
    const due = () =>
      hint === undefined
        ? taking.task(task.id).hints.length > known || taking.task(task.id).more === 0
        : taking.task(task.id).hints.includes(hint - 1);
    await until('a hint comes by itself', due, 2.5).catch(() => undefined);
    // A wrong action that leaves no trace brings its hint on request.
    for (let n = 0; n < task.hints.length && !due(); n++) {
      await taking.post('/hint', { task: task.id });
      await until('the hint that was asked for', () => taking.task(task.id).hints.length > known + n);
    }
    assert.ok(due(), `${what}: no hint\n${taking.screens()}`);
    assert.is.not(taking.task(task.id).state, 'done', `${what} passes, and must not`);
  }
}

/**
 * Returns for each task the time from its cause until it was seen done, in milliseconds. Throws if a condition fails.
 */
export async function prove(daemon: Daemon, lesson: Lesson, before: Before): Promise<number[]> {
  const delays: number[] = [];
  const had = await kept(daemon);
  const taking = await new Taking(daemon, lesson.id).open();
  let failed: unknown;
  try {
    await until('the lesson looks', () => taking.state.tasks.length === lesson.tasks.length);
    await sleep(600 * patience);
    assert.equal(
      taking.state.tasks.filter(({ state }) => state === 'done').map(({ id }) => id),
      [],
      'done without doing anything',
    );
    for (const [j, { answer }] of lesson.predictions.entries())
      await taking.post('/guess', {
        prediction: j,
        chosen: (answer + 1) % lesson.text.en.predictions[j]!.options.length,
      });
    await until('the guesses are kept', () => taking.state.guesses.every(({ chosen }) => chosen !== undefined));
    assert.equal(
      taking.state.guesses.map((guess) => 'answer' in guess),
      lesson.predictions.map(({ after }) => after === undefined),
      'an answer is told before its task is done, or not told',
    );
    for (const task of lesson.tasks) {
      await until(`${task.id} is the learner's turn`, () => taking.task(task.id).state !== 'waiting');
      assert.is.not(taking.task(task.id).state, 'done', `${lesson.id}: ${task.id} is done before anybody did it`);
      await wrongTurns(lesson, task, taking);
      for (const question of asked(task.check)) await answers(lesson, question, taking);
      await taking.acts(task.solve);
      const caused = Date.now();
      await until(`${lesson.id}: ${task.id} passes`, () => taking.done(task.id)).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(taking.state)}\n${taking.screens()}`);
      });
      delays.push(Math.max(0, (taking.seen.get(task.id) ?? caused) - caused));
    }
    // The questions required by tasks have been answered already.
    for (const question of lesson.answers.keys())
      if (!taking.state.quiz[question]?.right) await answers(lesson, question, taking);
    assert.equal(
      taking.state.guesses.map(({ answer }) => answer),
      lesson.predictions.map(({ answer }) => answer),
    );
    await until(`${lesson.id} is finished`, () => taking.state.finished);
  } catch (error) {
    failed = error;
    throw error;
  } finally {
    // The first failure is thrown, not that of the clean-up.
    await goodbye(taking, before, had).catch((error: Error) => {
      throw failed
        ? new Error(`${failed instanceof Error ? failed.stack : String(failed)}\nand then: ${error.message}`)
        : error;
    });
  }
  return delays;
}
