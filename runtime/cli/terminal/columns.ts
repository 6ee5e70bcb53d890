/** Tables and JSON on stdout. */
import { visible } from '../../journal/visible.ts';
import { fitted } from './wrap.ts';

export type Column<T> = readonly [heading: string, key: string, value: (row: T) => string];

/** A table with three spaces between columns. The last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]! + 3))).join(''))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Prints rows as a table. With the format 'json': one object a line, with docker's keys. */
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
 * Control characters that JSON.stringify leaves as they are (C1, DEL, bidirectional controls) are escaped as \uXXXX, so
 * the value stays the same.
 */
const jsonText = (value: unknown, indent: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
export const json = (value: unknown, indent = 4): void => void process.stdout.write(`${jsonText(value, indent)}\n`);
export const print = (line: string): void => void process.stdout.write(`${line}\n`);
/**
 * Prints a message on stderr. Its text may come from a registry, an image or a container, so control characters are
 * made visible.
 */
export function warn(text: string): void {
  const lines = text.split('\n').map((line) => fitted(visible(line), process.stderr));
  process.stderr.write(`${lines.join('\n')}\n`);
}
