// While building: on which line of which file each step is done. The page shows it; the line of each call is in the
// journal (syscalls/call-sites.mjs).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, nodesOf, parse } from '../syscalls/syntax-tree.mjs';

const STEP_ID = /^[a-z0-9-]+\.[a-z0-9-]*\*?$/;

/** 'create.cgroup', 'create.unshare-*' of `create.unshare-${n.id}`, undefined of what is no step's id. */
function idOf(node) {
  const text =
    node?.type === 'Literal'
      ? node.value
      : node?.type === 'TemplateLiteral'
        ? node.quasis[0].value.cooked + (node.expressions.length ? '*' : '')
        : undefined;
  return typeof text === 'string' && STEP_ID.test(text) ? text : undefined;
}

/** A step is an object with an id and a `do`, or what a function that is called …Step makes of its id. */
function stepOf(node) {
  if (node.type === 'ObjectExpression') {
    const field = (name) => node.properties.find((property) => property.key?.name === name);
    return { id: idOf(field('id')?.value), at: (field('do') ?? field('id'))?.start };
  }
  const makes =
    node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name.endsWith('Step');
  return { id: makes ? idOf(node.arguments[0]) : undefined, at: node.start };
}

function stepsOf(file) {
  const text = readFileSync(file, 'utf8');
  const lineAt = linesOf(text);
  return [...nodesOf(parse(text))]
    .map(stepOf)
    .filter(({ id }) => id !== undefined)
    .map(({ id, at }) => [id, { file, line: lineAt(at) }]);
}

/**
 * Step id (`create.unshare-*` where the rest is put in) → file and the line where its `do` begins (or where it is made
 * from a pattern).
 */
export function stepSources(
  dirs = ['runtime/steps', 'runtime/executor', 'runtime/network', 'runtime/storage', 'runtime/volume'],
) {
  const files = dirs.flatMap((dir) => readdirSync(dir, { withFileTypes: true, recursive: true }));
  const modules = files.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return Object.fromEntries(modules.flatMap((entry) => stepsOf(join(entry.parentPath ?? entry.path, entry.name))));
}
