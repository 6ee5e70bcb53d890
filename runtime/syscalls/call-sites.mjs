// While building: writes into the code on which line of the source each call to the kernel is asked for, so that a
// journal can say it and a run pays nothing for it. `k.stage.mount(…)` on line 12 of steps/x.ts becomes
// `asking('steps/x.ts:12', k.stage).mount(…)` (call-site.ts).
// A call within the arguments of another one takes the other's line away: it is written before it
// (test/e2e/call-sites.test.ts).
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { linesOf, nodesOf, parse } from './syntax-tree.mjs';

/** The name that an expression ends with: `daemon` of `this.#k.daemon`. */
const nameOf = (node) =>
  node.type === 'MemberExpression' && !node.computed
    ? node.property.name
    : node.type === 'Identifier'
      ? node.name
      : undefined;
const isInside = (node) => node.type === 'CallExpression' && nameOf(node.callee) === 'inside';

// `caller` is any of the three: a parameter of what each of them may do
const actors = new Set(['daemon', 'shim', 'stage', 'caller']);
const ofSockets = new Set(['request', 'dump', 'get', 'transaction', 'close', 'explained']);

/** Is `object.method(…)` a call to the kernel, or one that a message to the kernel is made of? */
function asksKernel(object, method) {
  if (actors.has(nameOf(object))) return /^[a-z]/.test(method);
  if (object.type === 'Identifier' && object.name === 'k') return method === 'spawnShim';
  // a message is asked for where it is made, not where the socket sends it
  if ((object.type === 'Identifier' && object.name === 'socket') || isInside(object)) return ofSockets.has(method);
  return object.type === 'Identifier' && object.name === 'NetlinkSocket' && method === 'open';
}

/** What is written where, for one call: [offset, text] in the order of the offsets. */
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

/** `where` is the file below runtime/. Lines stay where they are. */
export function withSites(text, where) {
  const lineAt = linesOf(text);
  const site = (offset) => `${where}:${lineAt(offset)}`;
  const calls = [...nodesOf(parse(text))].filter(({ type }) => type === 'CallExpression');
  // the outer call's beginning comes before the inner one's where both are at one place
  const all = calls.flatMap((call) => insertions(call, site)).sort(([a], [b]) => a - b);
  let done = 0;
  const pieces = all.flatMap(([offset, insertion]) => [text.slice(done, (done = offset)), insertion]);
  return [...pieces, text.slice(done)].join('');
}

/** Not those that speak of calls without making any, and those that take what was asked. */
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
