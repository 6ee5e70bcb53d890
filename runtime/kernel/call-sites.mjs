// While building: writes into the code on which line of the source each call to the kernel is asked for, so that a journal can say it and a
// run pays nothing for it. `k.stage.mount(…)` on line 12 of steps/x.ts becomes `asking('steps/x.ts:12', k.stage).mount(…)` (source.ts). A call
// within the arguments of another one takes the other's line away: it is written before it (test/e2e/call-sites.test.ts).
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const wrapped = [
  // this.k.daemon.close(…), stage.openat2(…) of what is sent together
  /(?<![\w.#$])((?:#?[A-Za-z_$][\w$]*\.)*(?:daemon|shim|stage))(?=\.[a-z]\w*\()/g,
  /(?<![\w.#$])(k)(?=\.spawnShim\()/g,
  // a message is asked for where it is made, not where the socket sends it
  /(?<![\w.#$])(socket|inside\(k, c\))(?=\.(?:request|dump|get|transaction|close|explained)\()/g,
  /(?<![\w.#$])(NetlinkSocket)(?=\.open\()/g,
  /(?<![\w.#$]|function )(withNetlink)(?=\()/g,
];

/** `where` is the file below runtime/. Lines stay where they are. */
export const withSites = (text, where) => text.split('\n').map((line, j) => (/^\s*(?:\*|\/\/|\/\*|import )/.test(line) ? line : wrapped
  .reduce((done, pattern) => done.replace(pattern, `asking('${where}:${j + 1}', $1)`), line)
  .replace(/(?<=\.run\(\{ )(?=actor:)/g, `source: '${where}:${j + 1}', `))).join('\n');

/** Not those that speak of calls without making any, and those that take what was asked. */
const others = /^(?:cli\/|kernel\/(?:linux|calls|recording|together|source|syscalls)\.ts$|kernel\/netlink\/socket\.ts$)/;

/** A plugin for esbuild. */
export const callSites = (dir = resolve('runtime')) => ({
  name: 'drydock-call-sites',
  setup: ({ onLoad }) => onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => {
    const where = relative(dir, path);
    if (where.startsWith('..') || others.test(where)) return undefined;
    const text = readFileSync(path, 'utf8');
    const contents = withSites(text, where);
    return { contents: contents === text ? text : `import { asking } from ${JSON.stringify(resolve(dir, 'kernel/source.ts'))}; ${contents}`, loader: 'ts' };
  }),
});
