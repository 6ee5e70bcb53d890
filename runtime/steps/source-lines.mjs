// While building: on which line of which file each step is done. The page shows it; the line of each call is in the journal (kernel/call-sites.mjs).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From one step's id to the next one's. */
function regionsOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const marks = lines.flatMap((text, j) => { const id = /(?:\bid: |Step\()['`]([a-z0-9-]+\.[a-z0-9-]*(?:\$\{[\w.]+\})?)['`]/.exec(text)?.[1]?.replace(/\$.*/, '*'); return id ? [{ id, from: j }] : []; });
  return marks.map(({ id, from }, n) => ({ id, from, lines: lines.slice(from, marks[n + 1]?.from ?? lines.length) }));
}

/** Step id (`create.unshare-*` where the rest is put in) → file and the line where its `do` begins (or where it is made from a pattern). */
export function stepSources(dir = 'runtime/steps') {
  const files = readdirSync(dir, { withFileTypes: true, recursive: true }).filter((e) => e.isFile() && e.name.endsWith('.ts')).map((e) => join(e.parentPath ?? e.path, e.name));
  return Object.fromEntries(files.flatMap((file) => regionsOf(file).map(({ id, from, lines }) => {
    const begins = lines.findIndex((text) => /\bdo\b\s*[:(]/.test(text));
    return [id, { file, line: from + Math.max(begins, 0) + 1 }];
  })));
}
