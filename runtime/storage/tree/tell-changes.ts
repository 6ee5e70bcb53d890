/** Turns the changes that a driver visits into the form for clients, and into a size. */
import { S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import type { Tell } from '../../kernel/telling.ts';
import { fileStat } from '../../kernel/tree/file-stat.ts';
import type { Change } from '../driver.ts';
import type { Visitor } from './report.ts';

type Visit = (visitor: Visitor) => Promise<void>;
const PART = 200;

/** Sends lists of changes, part by part. */
export async function tellChanges(visit: Visit, tell: Tell): Promise<void> {
  let part: Change[] = [];
  const send = async () => {
    if (part.length) await tell(part);
    part = [];
  };
  await visit(({ path, kind }) => {
    part.push([path, kind]);
    return part.length >= PART ? send() : undefined;
  });
  await send();
}

/** Bytes of the regular files that were added or changed. */
export async function sizeOfChanges(visit: Visit): Promise<number> {
  let sum = 0;
  await visit(({ kind, name, in: { fd } }) => {
    const stat = kind === 2 ? undefined : fileStat(fd, name);
    if (stat && (stat.mode & S_IFMT) === S_IFREG) sum += stat.size;
  });
  return sum;
}
