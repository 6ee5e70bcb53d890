/**
 * Turns the progress of a pull into docker's lines: {"status","progressDetail","progress","id"}. Engine API, "Create an
 * image".
 */
import type { PullProgress } from '../../../runtime/image/pull.ts';
import { size } from '../http/humanize.ts';

const BAR = 50;
const EVERY_MS = 100;

function bar(current: number, total: number): string {
  const filled = Math.min(BAR, Math.floor((current / total) * BAR));
  const drawn = filled < BAR ? `${'='.repeat(filled)}>${' '.repeat(BAR - filled - 1)}` : '='.repeat(BAR);
  return `[${drawn}]  ${size(current)}/${size(total)}`;
}

export function progressLine({ id, status, current, total }: PullProgress): object {
  if (status.startsWith('Pulling from ')) return { status, id };
  const counting = current !== undefined;
  return {
    status,
    progressDetail: counting ? { current, ...(total && { total }) } : {},
    ...(counting && { progress: total ? bar(current, total) : size(current) }),
    id,
  };
}

/** Passes every change of status, and at most ten changes of the numbers a second for each layer. */
export function throttle(): (line: PullProgress) => boolean {
  const last = new Map<string, { status: string; time: number }>();
  return ({ id, status, current }) => {
    const before = last.get(id);
    const now = Date.now();
    if (current !== undefined && before?.status === status && now - before.time < EVERY_MS) return false;
    last.set(id, { status, time: now });
    return true;
  };
}
