/** .dockerignore may name itself and the Dockerfile. The client sends both all the same: the build reads them. */
import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { removeIn, tryOpenIn } from '../../storage/archive/container-root.ts';
import { O } from '../../syscalls/constants.ts';
import { isIgnored } from '../glob/ignore.ts';
import { readContextFile } from './sources.ts';

const DIRECTORY = O.O_DIRECTORY | O.O_CLOEXEC;
const NAME = '.dockerignore';
const MOST = 1 << 20;

/** Removes them from the context, so that COPY does not find them. As dockerd does after it has read them. */
export function removeIgnored(dir: string, dockerfile: string): void {
  const text = readContextFile(dir, NAME, MOST);
  if (text === undefined) return;
  removePaths(
    dir,
    [NAME, dockerfile].filter((one) => isIgnored(one, text)),
  );
}

/** Removes paths of a context, with all that is below them. They are resolved with the context as the root. */
export function removePaths(dir: string, paths: readonly string[]): void {
  const root = openSync(dir, DIRECTORY);
  try {
    for (const path of paths) {
      const parent = tryOpenIn(root, dirname(path), DIRECTORY);
      if (parent < 0) continue;
      try {
        removeIn(parent, basename(path));
      } finally {
        closeSync(parent);
      }
    }
  } finally {
    closeSync(root);
  }
}
