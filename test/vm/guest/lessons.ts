/** Takes lessons in the virtual machine: the same proof as on the test machine, with longer timeouts. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { lacking } from '../../../lessons/engine/features.ts';
import type { Course } from '../../../lessons/format.ts';
import { Daemon } from '../../e2e/daemon.ts';
import { prepare, prove, type Before } from '../../lessons/proof.ts';
import { PULLED } from '../pulled.ts';
import { type Check, layout } from './check.ts';

/** The lessons on the kernel's command line: ids, or `all`. */
export const lessonsAsked = (): string[] | undefined =>
  /drydock\.lessons=(\S+)/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1]?.split(',');

const SECONDS = 1800;

export function lessonChecks(ids: readonly string[]): Check[] {
  const { lessons } = JSON.parse(readFileSync('dist/lessons.json', 'utf8')) as Course;
  const daemon = new Daemon();
  const { log } = daemon;
  let before: Before;
  const taken = lessons.filter(({ id }) => ids.includes('all') || ids.includes(id));
  return [
    {
      name: `the machine has cgroup v${layout.version}`,
      run: async () => {
        layout.expectKernel();
        assert.equal(
          ids.filter((id) => id !== 'all' && !lessons.some((lesson) => lesson.id === id)).join(),
          '',
          'no such lesson',
        );
      },
    },
    {
      name: 'the daemon starts and runs the image that was brought along',
      log,
      seconds: SECONDS,
      run: async () => {
        execFileSync('cp', ['-a', `${PULLED}/.`, daemon.root]);
        await daemon.start();
        before = await prepare(daemon);
      },
    },
    ...taken.map((lesson): Check => ({
      name: `${lesson.id}: untouched it does not pass, each wrong turn brings a hint, and what the lesson says passes`,
      log,
      seconds: SECONDS,
      run: async () => {
        assert.equal(lacking(lesson.requires, 'en').join(), '');
        await prove(daemon, lesson, before);
      },
    })),
    { name: 'the daemon ends', log, run: () => daemon.close() },
  ];
}
