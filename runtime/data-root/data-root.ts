/** What a data root contains beside containers and images. */
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
  'volumes',
  'vfs',
  'vfs/blobs',
  'vfs/blobs/sha256',
  'vfs/layers',
  'vfs/l',
];
const FILES = ['images.json.partial', 'vfs/images.json.partial', 'engine-id'];

/** Brings the data root into the form that the daemon's parts expect, before they open it. */
export function putRootInOrder(aside: Aside): void {
  for (const name of DIRECTORIES) aside.directory(join(aside.root, name), true);
  for (const name of FILES) aside.file(join(aside.root, name));
  moveLeases(join(aside.root, 'network'), aside);
}

/** Moves the leases of versions 0.1 and 0.2, which had one network, into the directory of that network. */
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

/** The data root's id. It is the same for every daemon that uses this data root. */
export function engineId(root: string, aside: Aside): string {
  const file = join(root, 'engine-id');
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (/^[0-9a-f]{64}$/.test(known)) return known;
  if (known || existsSync(file)) aside.move(file, 'no id of a data root');
  const id = newId();
  writeFileSync(file, id);
  return id;
}

/** The names in a directory; an empty set when it does not exist. */
export function namesIn(dir: string): ReadonlySet<string> {
  return new Set(existsSync(dir) ? readdirSync(dir) : []);
}

/** The spec of the container's last start; empty if it was never started or the file cannot be read. */
export function readSpec(path: string): Spec {
  try {
    const spec = JSON.parse(readFileSync(path, 'utf8')) as Spec | null;
    if (spec?.process?.args && spec.process.env && spec.linux) return spec;
  } catch {
    // there is no file before the first start; the step create.merge-config writes it
  }
  return {} as Spec;
}
