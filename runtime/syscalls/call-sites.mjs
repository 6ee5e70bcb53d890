// Part of the build: puts before each call to the kernel the source line that makes it. So a journal can name the
// line, and a run does no work for it. `k.stage.mount(…)` on line 12 of steps/x.ts becomes
// `asking('steps/x.ts:12', k.stage).mount(…)` (call-site.ts).
// A call within the arguments of another call overwrites the line of the outer one, because it is made first. So make
// it in a statement before (test/e2e/call-sites.test.ts checks this).
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { linesOf, nodesOf, parse } from './syntax-tree.mjs';

/** The last name of an expression: 'daemon' of `this.#k.daemon`. */
const nameOf = (node) =>
  node.type === 'MemberExpression' && !node.computed
    ? node.property.name
    : node.type === 'Identifier'
      ? node.name
      : undefined;
const isInside = (node) => node.type === 'CallExpression' && nameOf(node.callee) === 'inside';

// `caller` is the name of a parameter that may be any of the three
const actors = new Set(['daemon', 'shim', 'stage', 'caller']);
const ofSockets = new Set(['request', 'dump', 'get', 'transaction', 'close', 'explained']);

/** Whether `object.method(…)` makes a call to the kernel, or a netlink message that is sent to the kernel. */
function asksKernel(object, method) {
  if (actors.has(nameOf(object))) return /^[a-z]/.test(method);
  if (object.type === 'Identifier' && object.name === 'k') return method === 'spawnShim' || method === 'spawnHelper';
  // the line is that of the code that makes the message, not that of the socket, which sends it
  if ((object.type === 'Identifier' && object.name === 'socket') || isInside(object)) return ofSockets.has(method);
  return object.type === 'Identifier' && object.name === 'NetlinkSocket' && method === 'open';
}

/** The insertions for one call expression: [offset, text], sorted by offset. */
function insertions({ callee, arguments: [first] }, site) {
  if (callee.type === 'Identifier' && callee.name === 'withNetlink') return wrapped(callee, site(callee.start));
  if (callee.type !== 'MemberExpression' || callee.computed) return [];
  const { object, property } = callee;
  if (asksKernel(object, property.name)) return wrapped(object, site(property.start));
  if (property.name !== 'run' || first?.type !== 'ObjectExpression') return [];
  const field = (name) => first.properties.find((own) => own.key?.name === name);
  return field('actor') ? [[first.start + 1, ` source: '${site((field('name') ?? field('actor')).start)}',`]] : [];
}
const wrapped = ({ start, end }, where) => [
  [start, `asking('${where}', `],
  [end, ')'],
];

/** The text with all insertions. `where` is the file, relative to runtime/. Line numbers do not change. */
export function withSites(text, where) {
  const lineAt = linesOf(text);
  const site = (offset) => `${where}:${lineAt(offset)}`;
  const calls = [...nodesOf(parse(text))].filter(({ type }) => type === 'CallExpression');
  // where an outer and an inner call begin at the same offset, the outer one's insertion comes first
  const all = calls.flatMap((call) => insertions(call, site)).sort(([a], [b]) => a - b);
  let done = 0;
  const pieces = all.flatMap(([offset, insertion]) => [text.slice(done, (done = offset)), insertion]);
  return [...pieces, text.slice(done)].join('');
}

/** Files without insertions: those that describe calls but make none, and those that call `asked` themselves. */
const others = /^(?:cli\/|syscalls\/|kernel\/(?:linux\/linux|recording|batch)\.ts$|kernel\/netlink\/socket\.ts$)/;

/** A plugin for esbuild. */
export const callSites = (dir = resolve('runtime')) => ({
  name: 'drydock-call-sites',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => {
      const where = relative(dir, path);
      if (where.startsWith('..') || others.test(where)) return undefined;
      const text = readFileSync(path, 'utf8');
      const contents = withSites(text, where);
      return {
        contents:
          contents === text
            ? text
            : `import { asking } from ${JSON.stringify(resolve(dir, 'syscalls/call-site.ts'))}; ${contents}`,
        loader: 'ts',
      };
    }),
});
