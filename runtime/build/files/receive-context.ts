/** Receives the context of a build into the build's directory, on top of what an earlier build has left of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildContext } from '../build.ts';
import { unpackInto } from './unpack.ts';
import type { ContextFiles } from '../context/file-list.ts';
import { ENDING } from '../context/hashes.ts';
import '../context/jobs.ts';
import type { Source } from '../context/sources.ts';

const contextOf = ({ dir }: BuildContext): string => join(dir, 'context');
/** Files of the context. Their hashes are kept when it is. */
export const contextSource = (c: BuildContext, pattern: string): Source => ({
  dir: contextOf(c),
  pattern,
  ...(c.asked.contextKey && { hashes: `${contextOf(c)}${ENDING}` }),
});

/** `entries` were sent; `total`: of a context that is kept. */
export async function receiveContext(k: Kernel, c: BuildContext): Promise<{ entries: number; total?: number }> {
  const dir = contextOf(c);
  const { contextKey } = c.asked;
  if (!contextKey) return unpackInto(k, dir, c.asked.pass, '0:0');
  mkdirSync(c.dir, { recursive: true, mode: 0o700 });
  const { files: before, record } = await c.contexts.take(contextKey, dir);
  const remove = async (paths: readonly string[]) => void (await k.job('build-remove', { dir, paths }));
  const files: ContextFiles = { before, now: new Map(), remove };
  const { entries } = await unpackInto(k, dir, (fd) => c.asked.pass(fd, files), '0:0');
  Object.assign(c.received, { files: files.now, ...(record && { before: record }) });
  return { entries, total: files.now.size };
}

/** Keeps what was received for the next build; without success it is received anew then. */
export async function keepContext(c: BuildContext): Promise<void> {
  const { files, before } = c.received;
  const { contextKey } = c.asked;
  c.received.files = undefined;
  if (files && contextKey) await c.contexts.give(contextKey, contextOf(c), files, before).catch(() => undefined);
}
