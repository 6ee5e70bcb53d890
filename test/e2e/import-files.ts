/** An image of nothing but the given files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archive, type Made } from '../image/tarball.ts';
import type { Daemon } from './daemon.ts';

export async function importFiles(d: Daemon, name: string, entries: readonly Made[]): Promise<void> {
  const file = join(d.root, `${name}.tar`);
  writeFileSync(file, archive(...entries));
  await d.dockerOk('import', file, name);
}
