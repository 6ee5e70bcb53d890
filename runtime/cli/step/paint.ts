/** Colour for terminals; without it everything reads the same. no-color.org */
export interface Ink { bold(text: string): string; dim(text: string): string; good(text: string): string; bad(text: string): string; mark(text: string): string }

const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string) => text;
const coloured: Ink = { bold: sgr(1, 22), dim: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39), mark: sgr(36, 39) };
const without: Ink = { bold: plain, dim: plain, good: plain, bad: plain, mark: plain };

export const paint = (stream: { isTTY?: boolean }): Ink => (stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb' ? coloured : without);
