// What a test file declares as its requirements, read from its syntax tree.
import { nodesOf, parse } from '../runtime/syscalls/syntax-tree.mjs';

/**
 * Whether the file has a suite without requirements: `suite('title')`, without `root` or the name of a program behind
 * the title. Single tests of it may still have some; they are skipped where those are missing.
 */
export function requiresNothing(text) {
  for (const node of nodesOf(parse(text)))
    if (node.type === 'CallExpression' && node.callee.name === 'suite' && node.arguments.length === 1) return true;
  return false;
}
