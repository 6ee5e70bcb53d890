/** An image as a tree of digests, and what each of its layers adds, changes and hides. */
import '../../../runtime/storage/overlay2/jobs.ts';
import { conflict, notFound } from '../../../runtime/errors/api-error.ts';
import { runJob } from '../../../runtime/kernel/jobs.ts';
import type { ImageFiles } from '../../../runtime/storage/overlay2/image-files.ts';
import { imageTree, type ImageTree } from '../../messages/image-tree.ts';
import { text } from '../ask/checks.ts';
import type { Answerers, Asker } from '../ask/topic.ts';

export interface ImageAsks {
  image: { ask: { id: string }; answer: ImageTree };
  /** walks all layers, in a worker's thread */
  imageFiles: { ask: { id: string }; answer: ImageFiles };
}

/** Several viewers that ask the same share one walk. */
const walks = new Map<string, Promise<ImageFiles>>();

function filesOf(engine: Asker['engine'], ref: string): Promise<ImageFiles> {
  const image = engine.images.find(ref);
  if (!image) throw notFound(`No such image: ${ref.slice(0, 200)}`);
  if (engine.storage.name !== 'overlay2')
    throw conflict(`storage driver ${engine.storage.name} keeps layers in another form: they cannot be compared here`);
  const known = walks.get(image.id);
  if (known) return known;
  const walk = runJob(
    'overlay2-image',
    image.layers.map(({ dir }) => dir),
  ).finally(() => walks.delete(image.id)) as Promise<ImageFiles>;
  walks.set(image.id, walk);
  return walk;
}

export const imageTopics: Answerers<ImageAsks> = {
  image: { shape: { id: text }, answer: ({ engine }, { id }) => imageTree(engine.images, id) },
  imageFiles: { shape: { id: text }, answer: ({ engine }, { id }) => filesOf(engine, id) },
};
