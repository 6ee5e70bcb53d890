/**
 * Files of a container, layer by layer: which layers have a file, its content there, and the listing of the merged
 * tree. They are read from the layers' directories, never through the container.
 */
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import type { ContainerHandle } from '../../../runtime/engine/engine.ts';
import { conflict } from '../../../runtime/errors/api-error.ts';
import { contentOf, type Content } from '../../../runtime/storage/overlay2/content.ts';
import { lineageOf, type Lineage } from '../../../runtime/storage/overlay2/lineage.ts';
import { listingOf, type Listing } from '../../../runtime/storage/overlay2/listing.ts';
import { Stack } from '../../../runtime/storage/overlay2/stack.ts';
import { text } from '../ask/checks.ts';
import type { Answerers } from '../ask/topic.ts';

/** `path` is a path in the container, as in facts of the kind upper. */
export interface FileAsks {
  lineage: { ask: { id: string; path: string }; answer: Lineage };
  /** `layer`: 'upper', or a layer's diffID */
  content: { ask: { id: string; path: string; layer: string }; answer: Content };
  listing: { ask: { id: string; path: string }; answer: Listing };
}

async function looking<T>(
  { container: { paths, image, storage } }: ContainerHandle,
  look: (stack: Stack) => Promise<T>,
): Promise<T> {
  if (!image) throw conflict('the container has no image yet, so there are no layers');
  if (storage.name !== 'overlay2')
    throw conflict(`storage driver ${storage.name} gives the container a copy: its files lie in no layer`);
  const stack = await Stack.open(
    daemonKernel(),
    paths.upper,
    [...image.layers].reverse().map(({ dir, diffID }) => ({ dir, digest: diffID })),
  );
  try {
    return await look(stack);
  } finally {
    await stack.close();
  }
}

export const fileTopics: Answerers<FileAsks> = {
  lineage: {
    shape: { id: text, path: text },
    answer: ({ engine }, { id, path }) => looking(engine.container(id), (stack) => lineageOf(stack, path)),
  },
  content: {
    shape: { id: text, path: text, layer: text },
    answer: ({ engine }, { id, path, layer }) =>
      looking(engine.container(id), (stack) => contentOf(stack, path, layer)),
  },
  listing: {
    shape: { id: text, path: text },
    answer: ({ engine }, { id, path }) => looking(engine.container(id), (stack) => listingOf(stack, path)),
  },
};
