/**
 * The setup of most end-to-end tests: namespaces, the registry with its images, and a daemon that uses it as its
 * mirror.
 */
import type { DebianRegistry } from '../image/debian-registry.ts';
import { type Suite, suite } from '../harness.ts';
import { Daemon } from './daemon.ts';
import { preparedImages } from './image.ts';
import { cachedRegistry } from './registry.ts';
import { needs, ownRoom } from './room.ts';

export interface Site {
  test: Suite;
  daemon: Daemon;
  registry: DebianRegistry;
}

/**
 * `images` are pulled before the first test; everything is removed after the last. `prepare` returns the registry's
 * directory and makes it if necessary. `flags` are passed to the daemon.
 */
export async function site(
  title: string,
  {
    images = ['ubuntu'],
    also = [],
    prepare = preparedImages,
    flags = [],
  }: { images?: string[]; also?: string[]; prepare?: () => Promise<string>; flags?: string[] } = {},
): Promise<Site> {
  await ownRoom(prepare);
  const made = { test: suite(title, ...needs, ...also) } as Site;
  made.test.before(async () => {
    made.registry = await cachedRegistry(prepare);
    made.daemon = await new Daemon(['--registry-mirror', `http://${made.registry.host}`, ...flags]).start();
    for (const image of images) await made.daemon.ok('pull', '-q', image);
  });
  made.test.after(async () => {
    await made.daemon.close();
    await made.registry.close();
  });
  return made;
}
