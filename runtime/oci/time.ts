/**
 * --annotation drydock.time-offset=boottime=86400 gives the container its own time namespace. config-linux, "Time
 * offsets"; time_namespaces(7).
 */
import { badParameter } from '../errors/api-error.ts';
import type { Linux } from './spec.ts';

export const TIME_ANNOTATION = 'drydock.time-offset';
const CLOCKS = ['monotonic', 'boottime'] as const;
type Clock = (typeof CLOCKS)[number];

/** The offsets of 'boottime=86400,monotonic=-5', in seconds; undefined without the annotation. Throws ApiError 400. */
export function timeOffsets(annotations?: Record<string, string> | null): Linux['timeOffsets'] {
  const text = annotations?.[TIME_ANNOTATION];
  if (text === undefined) return undefined;
  const offsets: NonNullable<Linux['timeOffsets']> = {};
  for (const part of text.split(',')) {
    const [, clock = '', secs = ''] = /^(\w+)=([+-]?\d{1,10})$/.exec(part) ?? [];
    if (!CLOCKS.includes(clock as Clock))
      throw badParameter(
        `invalid ${TIME_ANNOTATION} ${text}: write monotonic=SECONDS, boottime=SECONDS or both with a comma`,
      );
    offsets[clock as Clock] = { secs: Number(secs), nanosecs: 0 };
  }
  return offsets;
}
