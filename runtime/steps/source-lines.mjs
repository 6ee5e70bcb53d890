// While building: on which line of which file each step is done, and each system call that it names itself. The page shows it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From one step's id to the next one's. */
function regionsOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const marks = lines.flatMap((text, j) => { const id = /(?:\bid: |Step\()['`]([a-z0-9-]+\.[a-z0-9-]*(?:\$\{[\w.]+\})?)['`]/.exec(text)?.[1]?.replace(/\$.*/, '*'); return id ? [{ id, from: j }] : []; });
  return marks.map(({ id, from }, n) => ({ id, from, lines: lines.slice(from, marks[n + 1]?.from ?? lines.length) }));
}

/** Step id (`create.unshare-*` where the rest is put in) → file, the line where its `do` begins (or where it is made from a pattern), and the first line on which it makes each call: `stage.mount(` → mount. */
export function stepSources(dir = 'runtime/steps') {
  const files = readdirSync(dir, { withFileTypes: true, recursive: true }).filter((e) => e.isFile() && e.name.endsWith('.ts')).map((e) => join(e.parentPath ?? e.path, e.name));
  return Object.fromEntries(files.flatMap((file) => regionsOf(file).map(({ id, from, lines }) => {
    const begins = lines.findIndex((text) => /\bdo\b\s*[:(]/.test(text));
    const calls = {};
    lines.forEach((text, j) => { for (const [, name] of text.matchAll(/\b(?:stage|shim|daemon)\.(\w+)\(/g)) calls[name] ??= from + j + 1; });
    return [id, { file, line: from + Math.max(begins, 0) + 1, calls }];
  })));
}
