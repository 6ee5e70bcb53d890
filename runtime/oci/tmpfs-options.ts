/** Options of --tmpfs: tmpfs(5), mount(8). */
import { badParameter } from '../errors/api-error.ts';

/** Options and their opposites. */
const PAIRS = [
  ['ro', 'rw'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
  ['sync', 'async'],
  ['atime', 'noatime'],
  ['diratime', 'nodiratime'],
  ['relatime', 'norelatime'],
  ['strictatime'],
];
/** mount_namespaces(7) */
export const PROPAGATION = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];
/** A tmpfs may also be unbindable; dockerd accepts that for tmpfs only. */
const OF_TMPFS = [...PROPAGATION, 'unbindable', 'runbindable'];
const WITH_VALUE = /^(size|mode|uid|gid|nr_inodes|nr_blocks|mpol)=[\w.:%+-]+$/;

const undoing = (word: string) => PAIRS.find((pair) => pair.includes(word))?.find((other) => other !== word);

/** Docker's default options, without those whose opposite was given, then the given ones. Throws ApiError 400. */
export function tmpfsOptions(words: readonly string[]): string[] {
  const bad = words.find((w) => !PAIRS.flat().includes(w) && !OF_TMPFS.includes(w) && !WITH_VALUE.test(w));
  if (bad !== undefined) throw badParameter(`Invalid tmpfs option "${bad}"`);
  const undone = new Set(words.map(undoing));
  const propagation = words.some((w) => OF_TMPFS.includes(w)) ? [] : ['rprivate'];
  return [
    ...['noexec', 'nosuid', 'nodev', ...propagation].filter((w) => !undone.has(w) && !words.includes(w)),
    ...words,
  ];
}
