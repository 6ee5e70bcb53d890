/** Which hints are due: those whose check holds, and of the others one for each attempt that led nowhere. */
import { holds } from '../checks/table.ts';
import type { Look } from '../checks/check.ts';
import type { Task } from '../format.ts';
import type { Watched } from './container.ts';

/** An attempt counts when the task has had time to notice that it was right. */
const SETTLED_MS = 700;

/**
 * Lines typed at a prompt, moves of the gate, execs, and containers that were started: each is something that the
 * learner tried. `own` is the lesson's container: its start is not.
 */
export function attempts(watched: readonly Watched[], own: string | undefined, since: number, now: number): number {
  const until = now - SETTLED_MS;
  const tried = watched.flatMap(({ id, events, output }) => [
    ...output.typed(since).map(({ time }) => time),
    ...events
      .filter(
        (e) =>
          (e.type === 'gate' && e.at === 'resumed') ||
          (e.type === 'call' && e.name === 'execve' && (id !== own || typeof e.run === 'string')) ||
          (e.type === 'phase' && (e.phase === 'pause' || e.phase === 'unpause') && e.at === 'done'),
      )
      .map(({ time }) => time),
  ]);
  return tried.filter((time) => time >= since && time <= until).length;
}

/** Numbers of hints that are shown from now on; `shown` are those that are already. */
export async function due(task: Task, shown: readonly number[], tried: number, look: Look): Promise<number[]> {
  const seen = new Set(shown);
  for (const [j, { when }] of task.hints.entries()) if (when && !seen.has(j) && (await holds(when, look))) seen.add(j);
  const ordered = task.hints.flatMap(({ when }, j) => (when ? [] : [j]));
  for (const j of ordered.slice(0, tried)) seen.add(j);
  return [...seen].sort((a, b) => a - b);
}

/** When it is asked for: the next in order, and when there is none left, one of the others. */
export function nextHint(task: Task, shown: readonly number[]): number | undefined {
  const left = task.hints.map((_, j) => j).filter((j) => !shown.includes(j));
  return left.find((j) => !task.hints[j]!.when) ?? left[0];
}
