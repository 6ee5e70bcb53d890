/**
 * Divides a Dockerfile into instructions: parser directives, comments, continued lines, heredocs. Dockerfile reference,
 * "Format", "Parser directives", "Here-Documents".
 */
import { parseError } from './parse-error.ts';
import { splitWords } from './words.ts';

export type Escape = '\\' | '`';
export interface Heredoc {
  name: string;
  /** variables in the body are expanded: the name was not quoted */
  expand: boolean;
  body: string;
}
/** The text of one instruction, with its continued lines joined. */
export interface LogicalLine {
  text: string;
  /** number of its first line, counted from 1 */
  line: number;
  heredocs: Heredoc[];
}
export interface Lines {
  escape: Escape;
  /** the image of `# syntax=` */
  syntax?: string;
  lines: LogicalLine[];
}

const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S[^]*)$/;
const KNOWN = ['syntax', 'escape', 'check'];
const WITH_HEREDOC = /^(ONBUILD\s+)?(RUN|COPY|ADD)\s/i;
const HEREDOC = /^\d*<<(-?)(["']?)([a-zA-Z_][a-zA-Z0-9_.]*)\2$/;

/** The directives at the top of the file; the first other line ends them. Throws ApiError 400. */
function directives(all: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [index, line] of all.entries()) {
    const [, name = '', value = ''] = DIRECTIVE.exec(line) ?? [];
    const key = name.toLowerCase();
    if (!KNOWN.includes(key)) break;
    if (found.has(key)) throw parseError(index + 1, `only one ${key} parser directive can be used`);
    found.set(key, value.trimEnd());
  }
  return found;
}

/** Throws ApiError 400 for an invalid directive and for a heredoc without its end. */
export function linesOf(text: string): Lines {
  const all = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const given = directives(all);
  const escape = (given.get('escape') ?? '\\') as Escape;
  if (escape !== '\\' && escape !== '`') throw parseError(1, `invalid ESCAPE '${String(escape)}'. Must be \` or \\`);
  const lines: LogicalLine[] = [];
  for (let at = 0; at < all.length;) {
    const line = at + 1;
    let joined: string;
    [joined, at] = join(all, at, escape);
    if (!joined.trim()) continue;
    const one: LogicalLine = { text: joined.trim(), line, heredocs: [] };
    if (WITH_HEREDOC.test(one.text)) at = heredocs(one, all, at, escape);
    lines.push(one);
  }
  const syntax = given.get('syntax');
  return { escape, lines, ...(syntax && { syntax }) };
}

/** One instruction's lines without the comments and the empty lines between them, and the index after the last. */
function join(all: readonly string[], from: number, escape: Escape): [text: string, next: number] {
  let text = '';
  for (let at = from; at < all.length; at++) {
    const line = all[at]!;
    if (/^\s*#/.test(line)) {
      if (!text) return ['', at + 1];
      continue;
    }
    if (text && !line.trim()) continue;
    const trimmed = text ? line : line.trimStart();
    const bare = trimmed.trimEnd();
    if (!bare.endsWith(escape) || bare.at(-2) === escape) return [text + trimmed, at + 1];
    text += bare.slice(0, -1);
  }
  return [text, all.length];
}

/** Reads the bodies that the words of this instruction announce. Returns the index after the last one. */
function heredocs(one: LogicalLine, all: readonly string[], from: number, escape: Escape): number {
  let at = from;
  for (const word of splitWords(one.text, escape)) {
    const [, tabs, quote, name] = HEREDOC.exec(word) ?? [];
    if (!name) continue;
    const body: string[] = [];
    const strip = (line: string) => (tabs ? line.replace(/^\t+/, '') : line);
    while (at < all.length && strip(all[at]!) !== name) body.push(strip(all[at++]!));
    if (at >= all.length) throw parseError(one.line, `unterminated heredoc`);
    at++;
    one.heredocs.push({ name, expand: !quote, body: body.map((line) => `${line}\n`).join('') });
  }
  return at;
}
