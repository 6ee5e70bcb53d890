/**
 * Removes what a learner has made in a lesson: the containers, networks, volumes and images whose names belong to it,
 * and what its builds have left in the cache.
 */
import type { Engine } from '../../runtime/engine/engine.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import type { Image } from '../../runtime/image/manifest/image.ts';
import type { OperationHandle } from '../../runtime/operation/record.ts';
import type { Values } from '../../runtime/template/fill-in.ts';
import { belongs } from './values.ts';

/** 'docker.io/library/forge-3f2a-app:latest' → 'forge-3f2a-app' */
export const nameOfImage = (reference: string): string =>
  reference.slice(reference.lastIndexOf('/') + 1).replace(/[:@].*$/, '');

/** The engine refuses to remove what is in use or is gone; it stays then. */
async function attempt(remove: () => unknown): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** The images that a build or a commit has made, the newest first. */
async function madeBy(maker: OperationHandle): Promise<string[]> {
  const { kind, subject } = maker.record;
  const made = subject.id === undefined ? [] : [subject.id];
  if (kind !== 'build') return made;
  for await (const event of maker.journal(false))
    if (event.type === 'fact' && event.step?.startsWith('build.commit'))
      made.unshift(...event.facts.flatMap(({ key, value }) => (key === 'image' && value ? [value] : [])));
  return made;
}

/** The events are dockerd's; the build cache forgets an image when it hears that it was deleted. */
async function removeImage({ images, events }: Engine, image: Image, reference: string): Promise<void> {
  for (const line of await images.remove(reference, { force: reference !== image.id }))
    events.emit('image', 'Untagged' in line ? 'untag' : 'delete', image.id, { name: image.tags[0] ?? image.id });
}

export async function removeBelongings(engine: Engine, values: Values | undefined): Promise<void> {
  const isOwn = (name: string) => belongs(name, values);
  const makers = engine
    .operations()
    .filter(({ record: { kind, subject } }) => ['build', 'commit'].includes(kind) && isOwn(nameOfImage(subject.name)));
  const made: string[] = [];
  for (const maker of makers) made.push(...(await madeBy(maker)));
  for (const handle of engine.containers())
    if (isOwn(handle.container.name)) await attempt(() => handle.remove({ force: true, volumes: true }));
  for (const { name } of engine.networks.list()) if (isOwn(name)) await attempt(() => engine.networks.remove(name));
  for (const { name } of engine.volumes.list()) if (isOwn(name)) await attempt(() => engine.volumes.remove(name));
  for (const image of engine.images.list())
    for (const tag of image.tags) if (isOwn(nameOfImage(tag))) await attempt(() => removeImage(engine, image, tag));
  // an image that has another name stays, and so do the images below it
  for (const id of made) {
    const image = engine.images.find(id);
    if (image && !image.tags.length) await attempt(() => removeImage(engine, image, id));
  }
}
