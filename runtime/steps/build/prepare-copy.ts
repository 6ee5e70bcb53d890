/** What COPY and ADD are going to copy: their sources found and hashed. */
import { join, posix } from 'node:path';
import { badParameter } from '../../errors/api-error.ts';
import type { BuildContext, Place, Prepared } from '../../build/build.ts';
import type { Digested, Source } from '../../build/context/sources.ts';
import { contextSource } from '../../build/files/receive-context.ts';
import { download, isUrl } from '../../build/files/download.ts';
import { bodyFile } from '../../build/files/scratch.ts';
import { unpackFrom } from '../../build/instructions/from-stage.ts';
import { checkOut } from '../../build/git/checkout.ts';
import { isRepository } from '../../build/git/is-repository.ts';
import type { Instruction } from '../../build/dockerfile/parse.ts';
import { copyWords, expandedBody, preparedCopy, scopeOf } from '../../build/instructions/prepare.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { stageOf } from './template.ts';

/** COPY's files, from the context, another stage or image, or its heredocs. */
async function sourcesOf(k: Kernel, c: BuildContext, { one, number }: Place, words: string[]): Promise<Source[]> {
  const from = one.flags.get('from');
  const named = from === undefined ? undefined : await c.named.directory(k, from);
  if (named !== undefined) return words.map((pattern) => ({ dir: named, pattern }));
  if (from !== undefined) return unpackFrom(k, c, from, words, number);
  if (one.keyword === 'ADD' && words.some((word) => isUrl(word) || isRepository(word)))
    return remoteSources(k, c, { one, number }, words);
  return words.map((word) => localSource(c, { one, number }, word));
}

/** A file of the context, or a heredoc. */
function localSource(c: BuildContext, { one, number }: Place, word: string): Source {
  const inline = join(c.dir, `heredoc-${number}`);
  const doc = one.heredocs.find(({ name }) => word.startsWith('<<') && word.replace(/^<<-?|["']/g, '') === name);
  if (!doc) return contextSource(c, word);
  const scope = scopeOf(c, stageOf(c), stageOf(c).config, one.line);
  return bodyFile(inline, doc.name, doc.expand ? expandedBody(doc.body, scope) : doc.body);
}

/** The URLs and repositories of ADD are fetched, one after another. */
async function remoteSources(k: Kernel, c: BuildContext, place: Place, words: string[]): Promise<Source[]> {
  const sources: Source[] = [];
  for (const [index, word] of words.entries()) {
    const dir = join(c.dir, `url-${place.number}-${index}`);
    if (isRepository(word)) {
      await checkOut(k, word, dir, c.signal);
      sources.push({ dir, pattern: '.' });
      continue;
    }
    sources.push(isUrl(word) ? await download(k, word, dir, c.signal) : localSource(c, place, word));
  }
  return sources;
}

/** --exclude and --parents. Throws ApiError. */
function kept(
  c: BuildContext,
  { flags, repeated }: Instruction,
  word: string,
  expand: (text: string) => string,
): Partial<Source> {
  const exclude = repeated.filter(([name]) => name === 'exclude').map(([, pattern]) => expand(pattern));
  const parents = flags.has('parents');
  // the path of another stage's file, because that was unpacked alone
  const name = parents &&
    isUnpacked(c, flags.get('from')) && { name: posix.normalize(word.split('/./').at(-1)!).replace(/^\/+|\/+$/g, '') };
  return { ...(exclude.length && { exclude }), ...(parents && { parents }), ...name };
}

/** A directory of the client is not unpacked path by path. */
const isUnpacked = ({ named }: BuildContext, from: string | undefined): boolean =>
  from !== undefined && (!named.has(from) || named.image(from) !== undefined);

/** ADD --checksum. Throws ApiError 400. */
async function checkSum(k: Kernel, sources: readonly Source[], wanted: string): Promise<void> {
  if (!wanted) return;
  if (!/^sha256:[0-9a-f]{64}$/.test(wanted)) throw badParameter(`invalid checksum ${JSON.stringify(wanted)}`);
  const [only] = sources;
  if (sources.length > 1) throw badParameter("checksum can't be specified for multiple sources");
  if (!only?.asIs) throw badParameter("checksum can't be specified for non-HTTP(S) sources");
  const digest = await k.job<string>('build-file-digest', join(only.dir, only.pattern));
  if (digest !== wanted) throw badParameter(`digest mismatch ${digest}: ${wanted}`);
}

export async function prepareCopy(k: Kernel, c: BuildContext, place: Place): Promise<Prepared> {
  const stage = stageOf(c);
  const { one } = place;
  const { sources: words, target } = copyWords(c, stage, one);
  const { expand } = scopeOf(c, stage, stage.config, one.line);
  const sources = (await sourcesOf(k, c, place, words)).map((source, at) => ({
    ...source,
    ...kept(c, one, words[at]!, expand),
  }));
  await checkSum(k, sources, expand(one.flags.get('checksum') ?? ''));
  const add = one.keyword === 'ADD';
  const { digest, found, files } = await k.job<Digested>('build-digest', { sources, add }).catch((error: Error) => {
    throw badParameter(`${one.keyword} failed: ${error.message}`);
  });
  if (!found.length) throw badParameter(`${one.keyword} failed: no source files were specified`);
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
