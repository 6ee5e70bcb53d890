/** Tables and JSON on stdout. */
import { visible } from '../../journal/visible.ts';

export type Column<T> = readonly [heading: string, key: string, value: (row: T) => string];

/** Columns three spaces apart; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]! + 3))).join(''))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** `format` json: docker's keys, one object a line. */
export function show<T>(columns: readonly Column<T>[], rows: readonly T[], format = 'table'): void {
  if (format === 'json') {
    for (const row of rows) json(Object.fromEntries(columns.map(([, key, value]) => [key, value(row)])), 0);
    return;
  }
  process.stdout.write(
    table([
      columns.map(([heading]) => heading),
      ...rows.map((row) => columns.map(([, , value]) => visible(value(row)))),
    ]),
  );
}

/**
 * Control characters that JSON leaves as they are (C1, DEL, directions of text) are escaped its way: it stays the same
 * JSON.
 */
const jsonText = (value: unknown, indent: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
export const json = (value: unknown, indent = 4): void => void process.stdout.write(`${jsonText(value, indent)}\n`);
export const print = (line: string): void => void process.stdout.write(`${line}\n`);
/**
 * Lines for people, on stderr: what they tell came from a registry, an image or a container, and is shown, not obeyed.
 */
export const warn = (text: string): void => void process.stderr.write(`${text.split('\n').map(visible).join('\n')}\n`);
