/**
 * The mounts of one RUN, from its look-up's answer to what the container gets:
 *
 *   bind, cache   a directory below the data root, and a path in it that the kernel resolves
 *   tmpfs         options of the container
 *   secret, ssh   files and sockets in a tmpfs at <build>/private, which is unmounted when the RUN has ended
 */
import { join } from 'node:path';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { MountPoint } from '../../volume/mount-point.ts';
import type { BuildContext } from '../build.ts';
import type { Found, Source } from '../context/sources.ts';
import { archived } from '../files/archived.ts';
import { passParts } from '../../kernel/pass-parts.ts';
import { unpackInto } from '../files/unpack.ts';
import { unpackPaths } from './from-stage.ts';
import type { HeldCache } from '../mounts/cache-dirs.ts';
import { PrivateFiles } from '../mounts/private-files.ts';
import type { OpenMounts, PreparedMount } from '../mounts/prepared-mount.ts';

/** What all mounts of a RUN have given so far. */
class Opening implements OpenMounts {
  readonly points: MountPoint[] = [];
  readonly tmpfs: Record<string, string> = {};
  readonly env: string[] = [];
  readonly hiddenEnv: string[] = [];
  readonly caches = new Map<string, HeldCache>();
  readonly files: PrivateFiles;

  constructor(
    readonly k: Kernel,
    readonly c: BuildContext,
    readonly number: string,
  ) {
    this.files = new PrivateFiles(c.dir);
  }

  place = (index: number): string => join(this.c.dir, `mount-${this.number}-${index}`);

  bind({ target, readonly }: Pick<PreparedMount, 'target' | 'readonly'>, source: string, subpath = ''): void {
    this.points.push({
      type: 'bind',
      name: '',
      source,
      destination: target ?? '',
      rw: !readonly,
      mode: '',
      propagation: 'rprivate',
      options: ['rbind', 'rprivate'],
      ...(subpath && { subpath }),
    });
  }

  async close(): Promise<void> {
    for (const held of this.caches.values()) held.release();
    await this.files.close(this.k);
  }
}

/** Throws ApiError for what the client or a stage does not have. `number`: of the instruction. */
export async function openMounts(
  k: Kernel,
  c: BuildContext,
  number: string,
  mounts: readonly PreparedMount[],
): Promise<OpenMounts> {
  const opening = new Opening(k, c, number);
  try {
    // in one order for all builds, so that no two wait for each other
    const caches = mounts.filter(({ type }) => type === 'cache').map(keyOf);
    for (const key of [...new Set(caches)].sort())
      await holdCache(
        opening,
        key,
        mounts.find((one) => one.type === 'cache' && keyOf(one) === key)!,
      );
    for (const [index, mount] of mounts.entries()) await openers[mount.type](opening, mount, index);
    return opening;
  } catch (error) {
    await opening.close();
    throw error;
  }
}

const keyOf = ({ id, from, content, mode, uid, gid }: PreparedMount): string =>
  JSON.stringify([id, ...(from || mode !== undefined || uid || gid ? [content ?? '', mode, uid ?? 0, gid ?? 0] : [])]);

async function holdCache({ c, k, caches }: Opening, key: string, mount: PreparedMount): Promise<void> {
  const { id, from, sharing, source, mode = 0o755, uid = 0, gid = 0 } = mount;
  const begin = async (data: string) => {
    if (from && from !== 'scratch') await unpackPaths(k, c, from, [source ? `/${source}/.` : '/'], () => data);
    const fd = await k.daemon.openat(AT_FDCWD, data, O.O_DIRECTORY | O.O_CLOEXEC, 0);
    try {
      await k.daemon.fchownat(fd, '.', uid, gid, 0);
      await k.daemon.fchmod(fd, mode);
    } finally {
      await k.daemon.close(fd);
    }
  };
  const description = `cached mount ${id}${from ? ` from ${from}` : ''}`;
  caches.set(key, await c.cacheDirs.hold({ key, description, sharing, begin }, c.signal));
}

type Opener = (opening: Opening, mount: PreparedMount, index: number) => Promise<void> | void;
const openers: Readonly<Record<PreparedMount['type'], Opener>> = {
  cache(opening, mount) {
    // what it began with was taken from there
    const source = mount.from && mount.from !== 'scratch' ? '' : mount.source;
    opening.bind(mount, opening.caches.get(keyOf(mount))!.data, source);
  },

  async bind(opening, mount, index) {
    const { c, k } = opening;
    const { from, source, readonly } = mount;
    const client = from === undefined ? join(c.dir, 'context') : await c.named.directory(k, from);
    if (client !== undefined && readonly) return opening.bind(mount, client, source);
    const dir = opening.place(index);
    const made = client === undefined ? await unpacked(opening, mount, dir) : await copied(k, client, source, dir);
    opening.bind(mount, dir, made);
  },

  tmpfs(opening, { target = '', size, readonly }) {
    const words = ['exec', 'dev', ...(readonly ? ['ro'] : []), ...(size ? [`size=${size}`] : [])];
    opening.tmpfs[target] = words.join(',');
  },

  async secret(opening, mount) {
    const { c, files, k } = opening;
    const { id, target, env, required, mode = 0o400, uid = 0, gid = 0 } = mount;
    const content = await c.asked.secret?.(id);
    if (!content && required) throw badParameter(`secret ${id}: not found`);
    if (!content) return;
    if (content.length > SECRET_MOST) throw badParameter(`invalid secret size ${content.length}`);
    if (env !== undefined) opening.hiddenEnv.push(`${env}=${textOf(id, content)}`);
    if (target !== undefined) opening.bind(mount, await files.write(k, content, { mode, uid, gid }));
  },

  async ssh(opening, mount) {
    const { c, files, k, env } = opening;
    const { id, target = '', required, mode = 0o600, uid = 0, gid = 0 } = mount;
    const { agent } = c.asked;
    if (!(await agent?.has(id))) {
      if (required) throw badParameter(`no SSH key "${id}" forwarded from the client`);
      return;
    }
    opening.bind(mount, await files.listen(k, (socket) => agent!.connect(id, socket), { mode, uid, gid }));
    if (!env.length) env.push(`SSH_AUTH_SOCK=${target}`);
  },
};

/** In bytes, as in BuildKit. */
const SECRET_MOST = 500 * 1024;

function textOf(id: string, content: Uint8Array): string {
  const text = Buffer.from(content).toString('utf8');
  if (text.includes('\0')) throw badParameter(`secret ${id} holds a NUL, so it cannot be a variable`);
  return text;
}

/** A copy, because what a RUN writes into a bind is lost. Returns the path in `dir`. */
async function copied(k: Kernel, client: string, source: string, dir: string): Promise<string> {
  const sources: Source[] = [{ dir: client, pattern: source, literal: true }];
  const found = await k.job<Found[]>('build-find', sources);
  const parts = archived({ found, target: '', into: true, make: [] });
  const write = async (put: (part: Uint8Array) => Promise<void>) => {
    for await (const part of parts) await put(part);
  };
  await unpackInto(k, dir, (fd) => passParts(fd, write));
  return found[0]!.directory ? '' : found[0]!.name;
}

async function unpacked({ k, c }: Opening, { from = '', source }: PreparedMount, dir: string): Promise<string> {
  if (from === 'scratch') throw new ApiError(400, 'RUN --mount=type=bind,from=scratch: it has no files');
  const [made] = await unpackPaths(k, c, from, [`/${source}`], () => dir);
  return made!.pattern === '.' ? '' : made!.pattern;
}
