/** docker rmi: removes the names before the image, and never an image that a container uses. */
import { conflict } from '../../errors/api-error.ts';
import { shortOf } from '../manifest/digest.ts';
import type { Image } from '../manifest/image.ts';
import type { ImageList } from './image-list.ts';
import { canonicalName, familiarName, normalize, parseReference } from '../manifest/reference.ts';

export type Removed = { Untagged: string } | { Deleted: string };
/** A container that uses the image: its short id, and whether it runs (or is paused or starting). */
export interface ImageUser {
  id: string;
  runs: boolean;
}
interface Circumstances {
  force: boolean;
  user: ImageUser | undefined;
}

const repositoryOf = (name: string): string => {
  const { domain, path } = parseReference(name);
  return `${domain}/${path}`;
};
const namesOf = (list: ImageList, id: string): string[] =>
  [...list.names].filter(([, of]) => of === id).map(([name]) => name);
/**
 * True when all names are tags and digests of one repository with at most one tag. Then the image's id removes all of
 * them.
 */
const isSingle = (names: readonly string[]): boolean =>
  new Set(names.map(repositoryOf)).size <= 1 && names.filter((name) => !name.includes('@')).length <= 1;
const isById = (image: Image, reference: string): boolean =>
  image.id.startsWith(`sha256:${reference.replace(/^sha256:/, '')}`);

function untag(list: ImageList, names: readonly string[]): Removed[] {
  for (const name of names) list.names.delete(name);
  return names.map((name) => ({ Untagged: familiarName(parseReference(name)) }));
}
/** An image that stopped containers use stays in the list for these alone, even with force. */
function removeAll(list: ImageList, id: string, user: ImageUser | undefined): Removed[] {
  const untagged = untag(list, namesOf(list, id));
  const record = list.images.get(id);
  if (user && record) list.images.set(id, { ...record, removed: true });
  else list.images.delete(id);
  return [...untagged, { Deleted: id }];
}

/** Changes the list; the files are collected later. Throws ApiError 409. */
export function removeImage(
  list: ImageList,
  image: Image,
  reference: string,
  { force, user }: Circumstances,
): Removed[] {
  const names = namesOf(list, image.id);
  const tags = names.filter((name) => !name.includes('@'));
  const asName = isById(image, reference) ? undefined : canonicalName(normalize(reference));
  const name = asName && names.includes(asName) ? asName : undefined;
  const short = shortOf(image.id);
  if (!name) {
    const refuse = (how: string, why: string) =>
      conflict(`conflict: unable to delete ${short} (${how} be forced) - image is ${why}`);
    if (user?.runs) throw refuse('cannot', `being used by running container ${user.id}`);
    if (!isSingle(names) && !force) throw refuse('must', 'referenced in multiple repositories');
    if (user && !force) throw refuse('must', `being used by stopped container ${user.id}`);
    return removeAll(list, image.id, user);
  }
  // a repository's digests are removed with its last tag
  const rest = tags.filter((tag) => tag !== name && repositoryOf(tag) === repositoryOf(name));
  const going = names.filter(
    (other) => other === name || (!rest.length && other.includes('@') && repositoryOf(other) === repositoryOf(name)),
  );
  if (going.length < names.length) return untag(list, going);
  if (user && !force)
    throw conflict(
      `conflict: unable to remove repository reference "${reference}" (must force) - container ${user.id} is using its referenced image ${short}`,
    );
  // an image of a running container loses only the name
  return user?.runs ? untag(list, going) : removeAll(list, image.id, user);
}
