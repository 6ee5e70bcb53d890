/** COPY, ADD and WORKDIR: files and directories that come into a container of the build. */
import { posix } from 'node:path';
import type { ArchiveInput, Found } from '../../build/context/sources.ts';
import type { BuildContext } from '../../build/build.ts';
import { withoutArchives } from '../../build/files/added.ts';
import { archived } from '../../build/files/archived.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import { stageOf, type Template } from './template.ts';

const relative = (path: string): string => path.replace(/^\/+|\/+$/g, '');

/** 'a', 'a/b' for '/a/b'. */
const pathsTo = (path: string): string[] => {
  const names = path.split('/').filter(Boolean);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
};

const unique = (paths: readonly string[]): string[] => [...new Set(paths)];
/** Of --parents: the directories in which the files are. */
const parentsOf = (found: readonly Found[], target: string): string[] =>
  unique(found.filter(({ parents }) => parents).map(({ name }) => posix.dirname(posix.join(target, name))));

/** The owner, as far as it needs no passwd(5). */
function numbersOf(owner: string): Pick<ArchiveInput, 'owner'> | undefined {
  const [, uid, gid] = /^(\d{1,9}):(\d{1,9})$/.exec(owner === '0' ? '0:0' : owner) ?? [];
  return uid && gid ? { owner: { uid: Number(uid), gid: Number(gid) } } : undefined;
}

/** The directories of this path that the container does not have. Throws ApiError 400 for a file on the way. */
async function missing(c: BuildContext, container: string, path: string): Promise<string[]> {
  const all = pathsTo(path);
  for (let at = all.length; at > 0; at--) {
    const kind = await c.runtime.kind(container, `/${all[at - 1]!}`);
    if (kind === 'other') throw badParameter(`cannot create a directory below /${all[at - 1]!}: it is no directory`);
    if (kind) return all.slice(at);
  }
  return all;
}

export const copy: Template = {
  id: 'build.copy',
  title: 'Copy the files',
  explain: `The files become an archive with the names that they get in the image, and a worker unpacks it in a container that is never started and has no volumes. The kernel resolves each name with that container's root as /, so a link in the image leads where it would lead a process in it. Where the image has nothing in the place of the target, not even its first directory, no link can be on the way: then that archive is the layer, and no container is written to.
ADD unpacks a tar archive first, and copies its content instead. The files belong to root unless --chown names an owner; files of another stage keep theirs. Directories on the way that the image does not have are made with mode 755 and the same owner. See the Dockerfile reference, "COPY", and openat2(2).`,
  when: (c) => !c.hit && c.prepared?.copy !== undefined,
  async do(k, c, { number }) {
    const { image } = stageOf(c);
    const { slash, owner, permissions } = c.prepared!.copy!;
    let { target } = c.prepared!.copy!;
    const found = await withoutArchives(k, c, number);
    const mode = permissions === undefined ? {} : { permissions };
    const numbers = owner ? numbersOf(owner) : undefined;
    const many = found.length > 1 || slash;
    const isInto = many || found[0]!.directory;
    if (!image?.layers.length) {
      if (owner && !numbers)
        throw new ApiError(
          501,
          `--chown=${owner} in the first layer of an image: not there yet in Drydock; give uid:gid, as there is no passwd(5)`,
        );
      const make = unique([isInto ? target : posix.dirname(target), ...parentsOf(found, target)].flatMap(pathsTo));
      c.direct = { found, target: relative(target), into: many, make, ...mode, ...numbers };
      return;
    }
    const container = (c.container = await c.runtime.createForFiles(image));
    let kind = await c.runtime.kind(container, target);
    if (kind === 'other' && isInto) {
      // a link that leads nowhere: the directory is made where it leads to
      const real = await c.runtime.real(container, target);
      if (real !== target && !(await c.runtime.kind(container, real))) [target, kind] = [real, undefined];
    }
    if (kind === 'other' && isInto) throw badParameter(`cannot copy to non-directory: ${target}`);
    const make = kind ? [] : await missing(c, container, isInto ? target : posix.dirname(target));
    for (const path of parentsOf(found, target)) make.push(...(await missing(c, container, path)));
    const input = { found, target: relative(target), into: many || kind === 'directory', make: unique(make), ...mode };
    if (found.length === 1 && isInto && (!owner || numbers) && make[0] === pathsTo(target)[0]) {
      // nothing of the image is on the way, so the archive is what a container's upper directory would become
      await c.runtime.remove(container);
      c.container = undefined;
      c.direct = { ...input, ...numbers };
      return;
    }
    await c.runtime.write(container, '/', archived(input), owner);
  },
};

export const directory: Template = {
  id: 'build.make-directory',
  title: 'Make the working directory',
  explain: `WORKDIR names the directory of the instructions below it and of the program. It is made when the image does not have it, with the directories above it, as root and with mode 755.
Without it the next RUN would fail with chdir(2): No such file or directory. See the Dockerfile reference, "WORKDIR".`,
  when: (c) => !c.hit && c.prepared?.makes !== undefined,
  async do(_k, c) {
    const { image } = stageOf(c);
    const path = c.prepared!.makes!;
    if (path === '/') return;
    if (!image?.layers.length) {
      c.direct = { found: [], target: '', into: true, make: pathsTo(path) };
      return;
    }
    const container = (c.container = await c.runtime.createForFiles(image));
    const make = await missing(c, container, path);
    if (make.length)
      await c.runtime.write(container, '/', archived({ found: [], target: '', into: true, make }), '0:0');
  },
};
