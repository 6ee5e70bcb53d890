/** What the tests of builds share: a daemon with the image `base`, docker's plugin buildx, and contexts. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Suite, suite } from '../harness.ts';
import { busyboxImage } from './busybox-image.ts';
import { buildxClient } from './compose-client.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';

export interface BuildSite {
  test: Suite;
  d: Daemon;
  /** A new directory with these files. */
  context(files: Readonly<Record<string, string>>): string;
  /** The containers that there are, and what builds have left: files in the data root, and mounts of secrets. */
  left(): Promise<string[]>;
}

/** Everything is removed after the last test. */
export async function buildSite(title: string, ...needs: string[]): Promise<BuildSite> {
  await ownRoom();
  const test = suite(title, 'root', 'docker', 'busybox', ...needs);
  const d = new Daemon();
  let count = 0;
  test.before(async () => {
    mkdirSync(join(d.root, 'docker/cli-plugins'), { recursive: true });
    symlinkSync(await buildxClient(), join(d.root, 'docker/cli-plugins/docker-buildx'));
    await d.start();
    await d.ok('tag', await busyboxImage(d, 'base'), 'base');
  });
  test.after(() => d.close());
  return {
    test,
    d,
    context(files) {
      const dir = join(d.root, `context-${count++}`);
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        writeFileSync(join(dir, name), content);
      }
      return dir;
    },
    left: async () => [
      ...(await d.ok('ps', '-aq')).split('\n').filter(Boolean),
      ...readdirSync(join(d.root, 'build')).filter((name) => name !== 'cache.json'),
      ...readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes('/private ')),
    ],
  };
}
