/** Containers by name or id, and names for new ones. */
import type { Container } from '../container/container.ts';
import { newName } from '../data-root/identity.ts';
import { badParameter, conflict, notFound } from '../errors/api-error.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
interface Named {
  readonly container: Pick<Container, 'id' | 'name'>;
}

/** `ref` is a name, an id or the beginning of an id, in this order. Throws ApiError 404 for none, 400 for several. */
export function findContainer<N extends Named>(all: ReadonlyMap<string, N>, ref: string): N {
  const wanted = ref.replace(/^\//, '');
  const each = [...all.values()];
  const exact = all.get(wanted) ?? each.find(({ container }) => container.name === wanted);
  if (exact) return exact;
  const byPrefix = wanted ? each.filter(({ container }) => container.id.startsWith(wanted)) : [];
  if (byPrefix.length > 1) throw badParameter(`multiple IDs found with provided prefix: ${wanted}`);
  if (!byPrefix[0]) throw notFound(`No such container: ${ref}`);
  return byPrefix[0];
}

/** The name without its slash, or a new one if none is wanted. Throws ApiError 400 or 409 in dockerd's words. */
export function freeName(all: ReadonlyMap<string, Named>, wanted: string | undefined): string {
  const holder = (name: string) => [...all.values()].find(({ container }) => container.name === name);
  if (wanted === undefined) return newName((name) => holder(name) !== undefined);
  const name = wanted.replace(/^\//, '');
  if (!NAME.test(name))
    throw badParameter(`Invalid container name (${wanted}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  const other = holder(name);
  if (other)
    throw conflict(
      `Conflict. The container name "/${name}" is already in use by container "${other.container.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  return name;
}
