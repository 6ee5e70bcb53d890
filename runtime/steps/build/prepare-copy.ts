/** What COPY and ADD are going to copy: their sources found and hashed. */
import { join } from 'node:path';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { BuildContext, Place, Prepared } from '../../build/build.ts';
import type { Digested, Source } from '../../build/context/sources.ts';
import { bodyFile } from '../../build/files/scratch.ts';
import { unpackFrom } from '../../build/instructions/from-stage.ts';
import { copyWords, expandedBody, preparedCopy, scopeOf } from '../../build/instructions/prepare.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { stageOf } from './template.ts';

/** COPY's files, from the context, another stage or image, or its heredocs. */
async function sourcesOf(k: Kernel, c: BuildContext, { one, number }: Place, words: string[]): Promise<Source[]> {
  const from = one.flags.get('from');
  const dir = join(c.dir, 'context');
  if (from !== undefined) return unpackFrom(k, c, from, words, number);
  const inline = join(c.dir, `heredoc-${number}`);
  return words.map((word) => {
    const doc = one.heredocs.find(({ name }) => word.startsWith('<<') && word.replace(/^<<-?|["']/g, '') === name);
    if (!doc) return { dir, pattern: word };
    const scope = scopeOf(c, stageOf(c), stageOf(c).config, one.line);
    return bodyFile(inline, doc.name, doc.expand ? expandedBody(doc.body, scope) : doc.body);
  });
}

export async function prepareCopy(k: Kernel, c: BuildContext, place: Place): Promise<Prepared> {
  const stage = stageOf(c);
  const { one } = place;
  const { sources: words, target } = copyWords(c, stage, one);
  const sources = await sourcesOf(k, c, place, words);
  const { digest, found, archives } = await k.job<Digested>('build-digest', sources).catch((error: Error) => {
    throw badParameter(`${one.keyword} failed: ${error.message}`);
  });
  if (!found.length) throw badParameter(`${one.keyword} failed: no source files were specified`);
  if (one.keyword === 'ADD' && archives.length)
    throw new ApiError(501, `ADD of an archive (${archives[0]}), which is to be unpacked: not there yet in Drydock`);
  const chown = one.flags.get('chown');
  const owner = chown && scopeOf(c, stage, stage.config, one.line).expand(chown);
  return preparedCopy(stage, one, target, { digest, found, ...(owner && { owner }) });
}
