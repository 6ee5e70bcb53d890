/** What a failed load or an interrupted archive must not change in the image store. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from './daemon.ts';

export async function imageStore(d: Daemon) {
  const files = (name: string) => (existsSync(join(d.root, name)) ? readdirSync(join(d.root, name)).sort() : []);
  return {
    blobs: files('blobs/sha256'),
    layers: files('layers'),
    archives: files('archives'),
    images: (await d.json<{ Id: string }[]>('/images/json?all=1')).map(({ Id }) => Id).sort(),
  };
}
