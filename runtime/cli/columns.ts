/** Tables and JSON on stdout. */
import { visible } from '../journal/visible.ts';

export type Column<T> = readonly [heading: string, key: string, value: (row: T) => string];

/** Columns three spaces apart; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]! + 3))).join('')).map((line) => `${line.trimEnd()}\n`).join('');
}

/** `format` json: docker's keys, one object a line. */
export function show<T>(columns: readonly Column<T>[], rows: readonly T[], format = 'table'): void {
  if (format === 'json') {
    for (const row of rows) json(Object.fromEntries(columns.map(([, key, value]) => [key, value(row)])), 0);
    return;
  }
  process.stdout.write(table([columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, , value]) => visible(value(row))))]));
}

export const json = (value: unknown, indent = 4): void => void process.stdout.write(`${JSON.stringify(value, null, indent)}\n`);
export const print = (line: string): void => void process.stdout.write(`${line}\n`);
export const warn = (line: string): void => void process.stderr.write(`${line}\n`);
