import { visible } from '../../journal/visible.ts';

/**
 * Colour for terminals; without it everything reads the same. no-color.org. `shown` is what is written in the end: ends
 * of lines and the colours of this ink are kept, every other control character is shown, because what is told came from
 * an image, a registry or a program.
 */
export interface Ink {
  shown(text: string): string;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  mark(text: string): string;
}

const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string) => text;
/** What `kept` has caught is at the odd places. */
const allBut = (kept: RegExp) => (text: string) =>
  text
    .split(kept)
    .map((part, j) => (j % 2 ? part : visible(part)))
    .join('');
const coloured: Ink = {
  shown: allBut(/(\n|\u001b\[(?:1|2|22|31|32|36|39)m)/),
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  good: sgr(32, 39),
  bad: sgr(31, 39),
  mark: sgr(36, 39),
};
const without: Ink = { shown: allBut(/(\n)/), bold: plain, dim: plain, good: plain, bad: plain, mark: plain };

export const paint = (stream: { isTTY?: boolean }): Ink =>
  stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb' ? coloured : without;
