/** Options of --tmpfs: tmpfs(5), mount(8). */
import { badParameter } from '../errors/api-error.ts';

/** Each word and the one that undoes it. */
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
/** A tmpfs may also be what nobody can bind: dockerd takes it for these alone. */
const OF_TMPFS = [...PROPAGATION, 'unbindable', 'runbindable'];
const WITH_VALUE = /^(size|mode|uid|gid|nr_inodes|nr_blocks|mpol)=[\w.:%+-]+$/;

const undoing = (word: string) => PAIRS.find((pair) => pair.includes(word))?.find((other) => other !== word);

/** Docker's defaults, each taken away by its opposite, then what was asked for. Throws Refusal 400. */
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
