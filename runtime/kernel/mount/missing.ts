/**
 * Makes a path of which more than the last name is missing, or whose link points to nothing (/etc/resolv.conf in images
 * of systems with systemd-resolved). Links are read one by one and replaced by their targets. The resulting path has no
 * links, and is made without following any.
 */
import { O, RESOLVE, S_IFLNK, S_IFMT } from '../../syscalls/constants.ts';
import { errnoNumber, SyscallError } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned } from '../batch.ts';
import { planStat, statOf } from './inode.ts';
import { IN_ROOT, NO_LINKS, openHow, planMake, type Kind, type Place } from './place.ts';

/** MAXSYMLINKS of the kernel, path_resolution(7). */
const MOST_LINKS = 40;
const LINK_ROOM = 4096;
const names = (path: string) => path.split('/').filter((name) => name && name !== '.');

/** The target of the link at `path`; undefined when that is no link or does not exist. */
async function linkAt(k: Kernel, from: number, path: string): Promise<string | undefined> {
  const how = openHow(O.O_PATH | O.O_NOFOLLOW | O.O_CLOEXEC, 0, IN_ROOT | RESOLVE.RESOLVE_NO_SYMLINKS);
  const { fd, stat } = await k.batch((stage) => {
    const fd = stage.openat2(from, path, how).mayFail('ENOENT');
    return { fd, stat: planStat(stage, fd) };
  });
  if (!fd.reply || !stat.reply) return undefined;
  const is = (statOf(stat.reply.out).mode & S_IFMT) === S_IFLNK;
  const target = is ? (await k.stage.readlinkat(fd.reply.ret, '', LINK_ROOM)).toString('utf8') : undefined;
  await k.stage.close(fd.reply.ret);
  return target;
}

/**
 * The names of a path without links and `..`, as chroot(2) would resolve it. `..` of a missing directory is its parent.
 */
async function withoutLinks(k: Kernel, from: number, path: string): Promise<string[]> {
  const rest = names(path);
  const done: string[] = [];
  for (let links = 0; rest.length;) {
    const name = rest.shift() as string;
    if (name === '..') {
      done.pop();
      continue;
    }
    const target = await linkAt(k, from, [...done, name].join('/'));
    if (target === undefined) {
      done.push(name);
      continue;
    }
    if (++links > MOST_LINKS) throw new SyscallError('openat2', errnoNumber('ELOOP'), `openat2("${path}")`, 'stage');
    if (target.startsWith('/')) done.length = 0;
    rest.unshift(...names(target));
  }
  return done;
}

/** Makes each missing name of the path, and opens the last (O_PATH). Returns the descriptor. */
export async function makeMissing(k: Kernel, { from, path, resolve }: Place, kind: Kind): Promise<number> {
  const follows = resolve === IN_ROOT;
  const parts = follows ? await withoutLinks(k, from, path) : names(path);
  const last = parts.length - 1;
  const how = openHow(O.O_PATH | O.O_CLOEXEC, 0, NO_LINKS);
  const opened = await k.batch((stage) => {
    let at: Planned = stage.openat2(from, '.', how);
    for (const [j, name] of parts.entries()) {
      planMake(stage, at, name, j === last ? kind : 'directory');
      const next: Planned = stage.openat2(at, name, how);
      stage.close(at);
      at = next;
    }
    return at;
  });
  return opened.reply?.ret ?? -1;
}
