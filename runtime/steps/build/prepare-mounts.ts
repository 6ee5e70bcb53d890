/** What the mounts of a RUN are: their flags read, and the files of binds hashed for the cache's key. */
import { createHash } from 'node:crypto';
import type { BuildContext, Place } from '../../build/build.ts';
import type { Digested } from '../../build/context/sources.ts';
import { contextSource } from '../../build/files/receive-context.ts';
import { imageFrom } from '../../build/instructions/from-stage.ts';
import { scopeOf } from '../../build/instructions/prepare.ts';
import type { PreparedMount } from '../../build/mounts/prepared-mount.ts';
import { mountsOf, type RunMount } from '../../build/mounts/run-mount.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { stageOf } from './template.ts';

/** Throws ApiError. */
export async function prepareMounts(k: Kernel, c: BuildContext, { one }: Place): Promise<PreparedMount[]> {
  const { config } = stageOf(c);
  const { expand } = scopeOf(c, stageOf(c), config, one.line);
  const mounts = mountsOf(one, config.WorkingDir || '/', expand);
  const prepared: PreparedMount[] = [];
  for (const mount of mounts) {
    refuseLate(mount);
    const content = await contentOf(k, c, mount);
    prepared.push({ ...mount, ...(content !== undefined && { content }) });
  }
  return prepared;
}

function refuseLate({ type, target, source }: RunMount): void {
  if (['bind', 'cache'].includes(type) && source && /^\/(proc|dev|sys)(\/|$)/.test(target ?? ''))
    throw new ApiError(501, `RUN --mount with a source below ${target}: not there yet in Drydock`);
}

/** The layers of an image say what is in it. */
async function contentOf(k: Kernel, c: BuildContext, { type, from, source }: RunMount): Promise<string | undefined> {
  if (from === 'scratch') return undefined;
  const named = from === undefined ? undefined : await c.named.directory(k, from);
  if (from !== undefined && named === undefined) {
    const { config } = await imageFrom(c, from);
    return createHash('sha256').update(JSON.stringify(config.rootfs.diff_ids)).digest('hex');
  }
  if (type !== 'bind') return undefined;
  const files = named === undefined ? contextSource(c, source) : { dir: named, pattern: source };
  const sources = [{ ...files, literal: true }];
  const { digest } = await k.job<Digested>('build-digest', { sources, add: false }).catch((error: Error) => {
    throw badParameter(`failed to compute the checksum of a mount: ${error.message}`);
  });
  return digest;
}
