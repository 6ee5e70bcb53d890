/** What a daemon finds in its data root beside containers and images. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Spec } from '../oci/spec.ts';
import { newId } from './identity.ts';
import type { Aside } from './set-aside.ts';

const DIRECTORIES = [
  'containers',
  'blobs',
  'blobs/sha256',
  'layers',
  'l',
  'network',
  'network/leases',
  'network/bridge',
  'network/bridge/leases',
  'practice',
  'practice/registry',
  'operations',
  'vfs',
  'vfs/blobs',
  'vfs/blobs/sha256',
  'vfs/layers',
  'vfs/l',
];
const FILES = ['images.json.partial', 'vfs/images.json.partial', 'engine-id'];

/** The data root as the parts of the daemon expect it, before they open it. */
export function putRootInOrder(aside: Aside): void {
  for (const name of DIRECTORIES) aside.directory(join(aside.root, name), true);
  for (const name of FILES) aside.file(join(aside.root, name));
  moveLeases(join(aside.root, 'network'), aside);
}

/** Versions 0.1 and 0.2 had one network, whose leases lay beside where now those of each network have a directory. */
function moveLeases(dir: string, aside: Aside): void {
  const [from, to] = [join(dir, 'leases'), join(dir, 'bridge', 'leases')];
  if (!existsSync(from)) return;
  try {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name));
    rmdirSync(from);
  } catch (error) {
    aside.say(`${from}: its leases were not moved to ${to}: ${(error as Error).message}`);
  }
}

/** The data root's own id, the same for every daemon on it. */
export function engineId(root: string, aside: Aside): string {
  const file = join(root, 'engine-id');
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (/^[0-9a-f]{64}$/.test(known)) return known;
  if (known || existsSync(file)) aside.move(file, 'no id of a data root');
  const id = newId();
  writeFileSync(file, id);
  return id;
}

export function namesIn(dir: string): ReadonlySet<string> {
  return new Set(existsSync(dir) ? readdirSync(dir) : []);
}

/** Of the last start; empty for what was never started, or when it cannot be read. */
export function readSpec(path: string): Spec {
  try {
    const spec = JSON.parse(readFileSync(path, 'utf8')) as Spec | null;
    if (spec?.process?.args && spec.process.env && spec.linux) return spec;
  } catch {
    // never started: create.merge-config writes it
  }
  return {} as Spec;
}
