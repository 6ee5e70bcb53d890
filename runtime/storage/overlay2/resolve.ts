/**
 * Resolves a path in the merged tree as the container would, with symbolic links: path_resolution(7). The host's kernel
 * follows no link for it.
 */
import { O, S_IFLNK, S_IFMT } from '../../syscalls/constants.ts';
import { targetOf, withEntry } from '../../kernel/mount/beneath.ts';
import { conflict } from '../../errors/api-error.ts';
import { pathBytes } from '../pathname.ts';
import type { Stack } from './stack.ts';

/** The kernel's own limit. */
const LINKS = 40;

const namesOf = (path: Buffer): Buffer[] =>
  path
    .toString('latin1')
    .split('/')
    .filter((name) => name && name !== '.')
    .map((name) => Buffer.from(name, 'latin1'));
const joined = (names: readonly Buffer[]): Buffer =>
  Buffer.from(names.map((name) => name.toString('latin1')).join('/'), 'latin1');

/**
 * `shown` is the path in the notation of facts and the page. The last name is not followed, so that a link is shown as
 * a link. The result is relative to the root, '' for the root itself.
 */
export async function resolve(stack: Stack, shown: string): Promise<Buffer> {
  const ahead = namesOf(pathBytes(shown));
  const way: Buffer[] = [];
  let links = 0;
  for (let name = ahead.shift(); name; name = ahead.shift()) {
    if (name.toString('latin1') === '..') {
      way.pop();
      continue;
    }
    const target = ahead.length ? await linkAt(stack, joined([...way, name])) : undefined;
    if (!target) {
      way.push(name);
      continue;
    }
    if (++links > LINKS) throw conflict(`${shown}: too many symbolic links on the way`);
    if (target[0] === 0x2f) way.length = 0;
    ahead.unshift(...namesOf(target));
  }
  return joined(way);
}

async function linkAt(stack: Stack, path: Buffer): Promise<Buffer | undefined> {
  const found = await stack.visible(path);
  if (!found || (found.stat.mode & S_IFMT) !== S_IFLNK) return undefined;
  return withEntry(stack.k, found.tree.fd, path, O.O_PATH, (fd) => targetOf(stack.k, fd));
}
