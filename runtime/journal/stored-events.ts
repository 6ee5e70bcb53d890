/**
 * Reads events from a journal's file, which may be damaged, cut off in the middle of a line, or of an older version.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import type { Event } from './event.ts';
import { withPresentIds } from './former-ids.ts';
import { isEvent } from './readable.ts';

/** How many bytes from the end are searched first for the last complete line. */
const TAIL = 64 * 1024;

/** Cuts off an incomplete last line. Returns the number of the next event and the size of the file. */
export function endOf(path: string): { begun: number; size: number } {
  const fd = openSync(path, 'r+');
  try {
    const { size: whole } = fstatSync(fd);
    for (let length = TAIL; ; length *= 4) {
      const from = Math.max(0, whole - length);
      const bytes = Buffer.alloc(whole - from);
      readSync(fd, bytes, 0, bytes.length, from);
      const size = from + bytes.lastIndexOf(10) + 1;
      const events = eventsIn(
        bytes
          .toString('utf8', 0, size - from)
          .split('\n')
          .slice(from ? 1 : 0),
      );
      if (!events.length && from) continue;
      if (size < whole) ftruncateSync(fd, size);
      return { begun: (events.at(-1)?.seq ?? -1) + 1, size };
    }
  } finally {
    closeSync(fd);
  }
}

export function eventsIn(lines: readonly string[]): Event[] {
  const events: Event[] = [];
  for (const line of lines) {
    if (!line) continue;
    try {
      const value: unknown = JSON.parse(line);
      if (isEvent(value)) events.push(withPresentIds(value));
    } catch {
      // skip a damaged line; the lines around it are still good
    }
  }
  return events;
}
