/** Debian's docker-registry with the cached images, for one test file. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type DebianRegistry, debianRegistry } from '../image/debian-registry.ts';
import { preparedImages } from './image.ts';

/** Listens on loopback; `close` removes what it made. */
export async function cachedRegistry(prepare = preparedImages): Promise<DebianRegistry> {
  const dir = mkdtempSync('/tmp/dde-reg-');
  symlinkSync(join(await prepare(), 'data'), join(dir, 'data'));
  const registry = await debianRegistry(dir);
  return {
    ...registry,
    close: async () => {
      await registry.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
