/** .dockerignore: Docker documentation, "Build context", ".dockerignore files". */
import { posix } from 'node:path';
import { matches, matchesStart, tokensOf, type Token } from './glob.ts';

/** `**` is any number of directories. */
const componentsOf = (pattern: string): Token[] =>
  pattern.split('/').map((part): Token => {
    if (part === '**') return '*';
    const tokens = tokensOf(part, true);
    return (name) => matches(tokens, name);
  });

/** Whether the text of a .dockerignore leaves out this path or a directory above it. The last match decides. */
export function isIgnored(path: string, text: string): boolean {
  const names = posix.normalize(path).split('/').filter(Boolean);
  let ignored = false;
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    const written = line.startsWith('#') ? '' : line.trim();
    const isException = written.startsWith('!');
    const pattern = (isException ? written.slice(1) : written).trim();
    if (!pattern) continue;
    const clean = posix.normalize(pattern).replace(/^\/|\/$/g, '');
    if (matchesStart(componentsOf(clean), names)) ignored = !isException;
  }
  return ignored;
}
