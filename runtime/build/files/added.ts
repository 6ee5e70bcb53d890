/** The archives of an ADD, unpacked into directories of the build. */
import { createReadStream } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { badParameter } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildContext } from '../build.ts';
import type { Found } from '../context/sources.ts';
import { unpackInto } from './unpack.ts';

/** Each archive of ADD becomes a directory with its content. */
export async function withoutArchives(k: Kernel, c: BuildContext, number: string): Promise<Found[]> {
  const found = [...c.prepared!.copy!.found];
  for (const [at, { archive, path, name }] of found.entries()) {
    if (!archive) continue;
    const dir = join(c.dir, `added-${number}-${at}`);
    const pass = (fd: number) => pipeline(createReadStream(path), new Socket({ fd, readable: true, writable: true }));
    const { entries } = await unpackInto(k, dir, pass).catch((error: Error) => {
      throw badParameter(`ADD failed: ${name}: ${error.message}`);
    });
    k.fact({ kind: 'file', key: name, value: `${entries} entries` });
    found[at] = { path: dir, name: '', directory: true };
  }
  return found;
}
