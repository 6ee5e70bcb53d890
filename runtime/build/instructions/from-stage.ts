/** COPY --from: the files of another stage or image, unpacked into a directory of the build. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join, posix } from 'node:path';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Image } from '../../image/manifest/image.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildContext } from '../build.ts';
import type { Source } from '../context/sources.ts';
import { unpackInto } from '../files/unpack.ts';

/** A stage by name or number, or an image by reference. Throws ApiError. */
async function imageFrom(c: BuildContext, from: string): Promise<Image> {
  const earlier = c.stages.slice(0, -1);
  const stage =
    earlier.find(({ name }) => name === from.toLowerCase()) ?? (/^\d+$/.test(from) ? earlier[Number(from)] : undefined);
  if (/^\d+$/.test(from) && !stage) throw badParameter(`invalid from flag value ${from}: invalid stage index`);
  if (!stage) return c.runtime.image(from, false);
  if (!stage.image?.layers.length) throw badParameter(`COPY --from=${from}: the stage has no files`);
  return stage.image;
}

export async function unpackFrom(
  k: Kernel,
  c: BuildContext,
  from: string,
  words: string[],
  number: string,
): Promise<Source[]> {
  const glob = words.find((word) => /[*?[]/.test(word));
  if (glob) throw new ApiError(501, `a pattern in COPY --from (${glob}): not there yet in Drydock`);
  const container = await c.runtime.createForFiles(await imageFrom(c, from));
  const sources: Source[] = [];
  for (const [index, word] of words.entries()) {
    const path = posix.resolve('/', word);
    const dir = join(c.dir, `from-${number}-${index}`);
    const missing = (error: Error): never => {
      if (error instanceof ApiError && error.status === 404)
        throw badParameter(`COPY failed: stat ${path.slice(1)}: file does not exist`);
      throw error;
    };
    const real = await c.runtime.real(container, path).catch(missing);
    await unpackInto(k, dir, (fd) => send(c, container, real, fd)).catch(missing);
    sources.push({ dir, pattern: posix.basename(real) || '.', name: posix.basename(path) });
  }
  await c.runtime.remove(container);
  return sources;
}

async function send(c: BuildContext, container: string, path: string, fd: number): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.on('error', () => undefined);
  socket.resume();
  try {
    await c.runtime.read(container, path, async (part) => {
      if (socket.destroyed) throw new Error('the archive was not taken');
      if (!socket.write(part)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    });
  } finally {
    socket.end();
  }
}
