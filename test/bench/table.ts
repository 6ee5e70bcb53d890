/** Prints the rows as Markdown, so that the output can be pasted into the documentation. */
import type { Row } from './rows.ts';
import { figure } from './measure.ts';
import type { Start } from './start.ts';

const number = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

export function table(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))];
  const cells = rows.map((row) => [
    row.what,
    ...names.map((name) => (row.figures[name] ? `${number(row.figures[name].median)} ${row.unit}` : '–')),
    row.peer && row.figures[row.peer]
      ? (row.figures['drydock']!.median / row.figures[row.peer]!.median).toFixed(2)
      : '–',
    row.goal ?? '–',
    row.reached === undefined ? '–' : row.reached ? 'yes' : 'NO',
  ]);
  const lines = [
    ['', ...names, 'ratio', 'to reach', 'reached'],
    ['---', ...names.map(() => '--:'), '--:', '---', '---'],
    ...cells,
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** The most expensive first. */
export function dearest(
  starts: readonly Start[],
  kind: 'steps' | 'calls' | 'asked',
  most = 8,
): [name: string, value: number][] {
  const names = [...new Set(starts.flatMap((start) => Object.keys(start[kind])))];
  return names
    .map((name): [string, number] => [name, figure(starts.map((start) => start[kind][name] ?? 0)).median])
    .sort((a, b) => b[1] - a[1])
    .slice(0, most);
}
