/** What COPY and ADD are going to copy: their sources found and hashed. */
import { join } from 'node:path';
import { badParameter } from '../../errors/api-error.ts';
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
  const add = one.keyword === 'ADD';
  const { digest, found, files } = await k.job<Digested>('build-digest', { sources, add }).catch((error: Error) => {
    throw badParameter(`${one.keyword} failed: ${error.message}`);
  });
  if (!found.length) throw badParameter(`${one.keyword} failed: no source files were specified`);
  const { expand } = scopeOf(c, stage, stage.config, one.line);
  const [owner, chmod] = ['chown', 'chmod'].map((flag) => expand(one.flags.get(flag) ?? ''));
  if (chmod && !/^[0-7]{1,4}$/.test(chmod))
    throw badParameter(`invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`);
  const prepared = preparedCopy(stage, one, target, {
    digest,
    found,
    ...(owner && { owner }),
    ...(chmod && { chmod }),
  });
  return { ...prepared, text: one.text, files };
}
