/** Brings the files of a git repository into a directory of the build. */
import { chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import { withoutPassword } from '../../kernel/http.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { passParts } from '../../kernel/pass-parts.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import { archived } from '../files/archived.ts';
import { unpackInto } from '../files/unpack.ts';
import type { Found } from '../context/sources.ts';
import { parseRepository, type Repository } from './repository.ts';
import { GitError, runGit } from './run-git.ts';

const NOBODY = 65534;
const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * `dir` is made, and gets the files with root as their owner, without `.git`. Returns how many entries. Throws
 * ApiError 400 when the repository or what is asked of it is not there.
 */
export async function checkOut(k: Kernel, text: string, dir: string, signal: AbortSignal): Promise<number> {
  const repository = parseRepository(text);
  const shown = withoutPassword(repository.url);
  const work = `${dir}.git`;
  for (const path of [work, join(work, 'repository'), join(work, 'tree')]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chownSync(path, NOBODY, NOBODY);
  }
  try {
    const commit = await fetched(work, repository, signal);
    if (lstatSync(join(work, 'tree/.gitmodules'), { throwIfNoEntry: false }))
      throw new ApiError(501, `the repository ${shown} has submodules: not there yet in Drydock`);
    const entries = await moved(k, join(work, 'tree'), repository.directory, dir);
    k.fact({ kind: 'file', key: shown, value: `commit ${commit}, ${entries} entries` });
    return entries;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const message = error.message.replaceAll(repository.url, shown);
    throw badParameter(`failed to fetch the repository ${shown}, ${repository.ref}: ${message}`);
  } finally {
    await removeTree(work);
  }
}

/** Fetches one commit, or all where the server can do no less. Returns its name. */
async function fetched(work: string, { url, ref }: Repository, signal: AbortSignal): Promise<string> {
  const git = (...args: string[]) => runGit(work, args, signal);
  await git('init', '--quiet', '--template=');
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules'];
  try {
    await git(...fetch, '--depth=1', url, ref);
    await git('update-ref', 'refs/wanted', 'FETCH_HEAD^{commit}');
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    // over plain files of the web nothing shallow is had, and many servers give no commit by its name
    if (!COMMIT.test(ref) && !/shallow/.test(error.message)) throw error;
    const all = COMMIT.test(ref) ? ['+refs/heads/*:refs/all/heads/*', '+refs/tags/*:refs/all/tags/*'] : [ref];
    await git(...fetch, url, ...all);
    await git('update-ref', 'refs/wanted', `${COMMIT.test(ref) ? ref : 'FETCH_HEAD'}^{commit}`);
  }
  await git('checkout', '--quiet', '--force', '--detach', 'refs/wanted');
  return (await git('rev-parse', 'HEAD')).trim();
}

/** Copies the directory of the tree. Its path is resolved in the tree. Returns how many entries there are. */
async function moved(k: Kernel, tree: string, directory: string, dir: string): Promise<number> {
  const pattern = directory || '.';
  const source = { dir: tree, pattern, literal: true };
  const [found] = await k.job<Found[]>('build-find', [source]).catch((error: Error) => {
    throw badParameter(`the directory ${JSON.stringify(directory)} of the repository: ${error.message}`);
  });
  if (!found?.directory) throw badParameter(`the repository has no directory ${JSON.stringify(directory)}`);
  const input = { found: [{ ...found, name: '' }], target: '', into: true, make: [] };
  const { entries } = await unpackInto(k, dir, (fd) => passParts(fd, (_, putAll) => putAll(archived(input))), '0:0');
  return entries;
}
