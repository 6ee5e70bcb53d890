/** Wraps text at words. Each continuation line begins with `indent`. A word longer than `width` keeps its line. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].join('\n');
}

/**
 * A line for `out`: on a terminal it is wrapped at words if it is longer than the window; elsewhere it stays whole,
 * because programs read it.
 */
export const fitted = (line: string, out: { isTTY?: boolean; columns?: number }): string =>
  out.isTTY && line.length > (out.columns || 80) ? wrap(line, out.columns || 80, '') : line;
