/**
 * The practice registry from the pull's side: when it may answer, and how its images are built. It uses the same
 * protocol as every other registry, but its images are made from this machine's own files.
 */
import { join } from 'node:path';
import type { Kernel } from '../kernel/kernel.ts';
import type { Endpoint } from './registry/endpoint.ts';
import { hostPlatform, matches, parsePlatform } from './manifest/platform.ts';
import type { PracticeRegistry } from './practice/practice-server.ts';
import type { PullContext } from './pull.ts';
import { familiarRepository, isDockerHub } from './manifest/reference.ts';

const NAMES = ['library/ubuntu', 'library/hello-world'];

/**
 * True only for two short names of docker.io with the tag latest, for this machine's processor, and when the settings
 * allow it.
 */
export function mayPractise(c: PullContext): boolean {
  const { ref } = c.pull.state;
  if (!ref || !c.settings.practice || !c.images.options.startRegistry) return false;
  if (c.pull.platform && !matches(parsePlatform(c.pull.platform), hostPlatform())) return false;
  return isDockerHub(ref) && NAMES.includes(ref.path) && ref.tag === 'latest';
}

export const practiceNotice = (c: PullContext): string =>
  `docker.io cannot be reached: ${c.pull.state.ref ? familiarRepository(c.pull.state.ref) : c.pull.reference} comes from the practice registry, put together from this machine's own files`;

/** One registry for each data root and daemon. It does not keep the process alive. */
const running = new Map<string, Promise<PracticeRegistry>>();
/** Two pulls at the same time share one build. */
const building = new Map<string, Promise<void>>();

/** Builds the images if the host's files have changed since the last build, and starts the registry on loopback. */
export async function practiceEndpoint(k: Kernel, c: PullContext): Promise<Endpoint> {
  const root = join(c.images.root, 'practice');
  const job = building.get(root) ?? k.job<void>('practice', { root }).finally(() => building.delete(root));
  building.set(root, job);
  await job;
  const begun =
    running.get(root) ?? c.images.options.startRegistry!({ root: join(root, 'registry'), port: 0, readOnly: true });
  running.set(root, begun);
  const { url } = await begun.catch((error: unknown) => {
    running.delete(root);
    throw error;
  });
  return { kind: 'practice', bases: [url] };
}

/** Stops the registry, for tests and for the daemon's end. */
export async function closePractice(imagesRoot: string): Promise<void> {
  const root = join(imagesRoot, 'practice');
  const one = await running.get(root);
  running.delete(root);
  await one?.close();
}
