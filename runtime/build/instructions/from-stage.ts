/** --from of COPY and of a mount: the files of another stage or image, unpacked into a directory of the build. */
import { join, posix } from 'node:path';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Image } from '../../image/manifest/image.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildContext } from '../build.ts';
import type { Source } from '../context/sources.ts';
import { passParts } from '../../kernel/pass-parts.ts';
import { unpackInto } from '../files/unpack.ts';
import { stageIndex } from '../stages/needs.ts';

/** A named context, a stage by name or number, or an image by reference. Throws ApiError. */
export async function imageFrom(c: BuildContext, from: string): Promise<Image> {
  const other = c.named.image(from);
  if (other !== undefined) return c.runtime.image(other, false);
  const index = stageIndex(c.stages, c.stage!.index, from);
  if (/^\d+$/.test(from) && index < 0) throw badParameter(`invalid from flag value ${from}: invalid stage index`);
  if (index < 0)
    return c.runtime.image(from, false).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      throw new ApiError(error.status, `invalid from flag value ${from}: ${error.message}`, { cause: error });
    });
  const stage = await c.lanes!.when(index);
  if (!stage.image?.layers.length) throw badParameter(`from=${from}: the stage has no files`);
  return stage.image;
}

/** The files of COPY --from. `number`: of the instruction. Throws ApiError. */
export async function unpackFrom(
  k: Kernel,
  c: BuildContext,
  from: string,
  words: string[],
  number: string,
): Promise<Source[]> {
  return unpackPaths(k, c, from, words, (index) => join(c.dir, `from-${number}-${index}`), splitPattern);
}

/**
 * `/app/*.jar` → `/app` and `*.jar`: the path before the first part with a pattern, and the rest. The rest is empty for
 * a path without one.
 */
function splitPattern(word: string): [path: string, rest: string] {
  const parts = posix.resolve('/', word).split('/');
  const first = parts.findIndex((part) => /[*?[]/.test(part));
  if (first < 0) return [parts.join('/'), ''];
  return [parts.slice(0, first).join('/') || '/', parts.slice(first).join('/')];
}

/**
 * Unpacks each path into the directory that `place` names. `split` parts a path from a pattern behind it: then the
 * directory before the pattern is unpacked, and the pattern is applied to what is there then.
 */
export async function unpackPaths(
  k: Kernel,
  c: BuildContext,
  from: string,
  words: readonly string[],
  place: (index: number) => string,
  split: typeof splitPattern = (word) => [posix.resolve('/', word), ''],
): Promise<Source[]> {
  const container = await c.runtime.createForFiles(await imageFrom(c, from));
  const sources: Source[] = [];
  for (const [index, word] of words.entries()) {
    const [path, rest] = split(word);
    const dir = place(index);
    const missing = (error: Error): never => {
      if (error instanceof ApiError && error.status === 404)
        throw badParameter(
          `COPY failed: ${rest ? 'no source files were specified' : `stat ${path.slice(1)}: file does not exist`}`,
        );
      throw error;
    };
    const real = await c.runtime.real(container, path).catch(missing);
    await unpackInto(k, dir, (fd) => passParts(fd, (_, putAll) => c.runtime.read(container, real, putAll))).catch(
      missing,
    );
    const top = posix.basename(real) || '.';
    sources.push(rest ? { dir, pattern: `${top}/${rest}` } : { dir, pattern: top, name: posix.basename(path) });
  }
  await c.runtime.remove(container);
  return sources;
}
