import { visible } from '../../journal/visible.ts';

/**
 * Colours for terminals, off as https://no-color.org says; the text is the same without them. `shown` prepares text for
 * output: it keeps line feeds and this ink's colours and makes every other control character visible, because the text
 * may come from an image, a registry or a program.
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
/**
 * Makes everything visible except what `kept` matches; split() puts the text matched by its group at the odd indices.
 */
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
