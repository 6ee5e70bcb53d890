/** Selects the hints to show: those whose check holds, and one of the others for each failed attempt. */
import { holds } from '../checks/table.ts';
import type { OperationHandle } from '../../runtime/operation/record.ts';
import type { Look } from '../checks/check.ts';
import type { Task } from '../format.ts';
import type { Watched } from './container.ts';

/** An attempt counts as failed after this time, because the task needs a moment to notice success. */
const SETTLED_MS = 700;

/**
 * Attempts: lines typed at a prompt, commands to the gate, execs, and started containers. `own` is the lesson's
 * container: its start is no attempt.
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

/** Each build that has ended is an attempt too. */
export const buildAttempts = (operations: readonly OperationHandle[], since: number, now: number): number =>
  operations.filter(
    ({ record: { kind, ended = 0 } }) => kind === 'build' && ended >= since && ended <= now - SETTLED_MS,
  ).length;

/** Numbers of the hints to show now, including those in `shown`. */
export async function due(task: Task, shown: readonly number[], tried: number, look: Look): Promise<number[]> {
  const seen = new Set(shown);
  for (const [j, { when }] of task.hints.entries()) if (when && !seen.has(j) && (await holds(when, look))) seen.add(j);
  const ordered = task.hints.flatMap(({ when }, j) => (when ? [] : [j]));
  for (const j of ordered.slice(0, tried)) seen.add(j);
  return [...seen].sort((a, b) => a - b);
}

/** The hint to show on request: the next one in order; if none is left, one that waits for its check. */
export function nextHint(task: Task, shown: readonly number[]): number | undefined {
  const left = task.hints.map((_, j) => j).filter((j) => !shown.includes(j));
  return left.find((j) => !task.hints[j]!.when) ?? left[0];
}
