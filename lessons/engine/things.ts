/** What the checks of a lesson find out from the engine about networks, volumes, images and builds. */
import type { Engine } from '../../runtime/engine/engine.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import type { Kind, OperationHandle } from '../../runtime/operation/record.ts';
import { entryAt } from '../../runtime/storage/overlay2/entry-at.ts';
import type { BuildSeen, Things } from '../checks/check.ts';
import { nameOfImage } from './belongings.ts';

/** A path and all directories on the way to it: '/a/b' → '/a', '/a/b'. */
const wayTo = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((_, j, parts) => `/${parts.slice(0, j + 1).join('/')}`);

/** In how many layers a path lies, and whether it shows in all of them together. `dirs`: the lowest layer first. */
async function inLayers(k: Kernel, dirs: readonly string[], path: string): Promise<{ seen: boolean; layers: number }> {
  let [seen, hidden, layers] = [false, false, 0];
  for (const dir of [...dirs].reverse()) {
    const way = await Promise.all(wayTo(path).map((one) => entryAt(k, dir, one)));
    const entry = way.at(-1);
    if (entry !== undefined && entry !== 'whiteout') {
      layers++;
      seen ||= !hidden;
    }
    // what lies below a whiteout, or below an opaque directory, does not show
    hidden ||= way.includes('whiteout') || way.slice(0, -1).includes('opaque');
  }
  return { seen, layers };
}

/** The instructions of a build, by what the look-up in the cache found. */
async function seenOf(build: OperationHandle): Promise<BuildSeen> {
  const seen: BuildSeen = { failed: build.record.state === 'failed', kept: [], ran: [] };
  for await (const event of build.journal(false))
    if (event.type === 'fact' && event.step?.startsWith('build.look-up'))
      for (const { kind, key, value } of event.facts)
        if (kind === 'file') (value?.startsWith('sha256:') ? seen.kept : seen.ran).push(key);
  return seen;
}

/** A blob is complete with a PUT that names its digest: OCI distribution spec, "Pushing blobs". */
async function sentBy(push: OperationHandle): Promise<number> {
  let sent = 0;
  for await (const event of push.journal(false))
    if (event.type === 'http' && event.method === 'PUT' && event.status === 201 && event.url.includes('digest='))
      sent++;
  return sent;
}

/** `since`: milliseconds since 1970; earlier builds and pushes do not count. */
export function thingsOf(engine: Engine, k: Kernel, since: number): Things {
  const { networks, volumes, images } = engine;
  const ended = (wanted: Kind) =>
    engine
      .operations()
      .filter(({ record: { kind, created, ended: at } }) => kind === wanted && at !== undefined && created >= since);
  const endedOf = (wanted: Kind, name: string) =>
    ended(wanted).filter(
      ({ record: { subject, state } }) =>
        (wanted === 'build' || state === 'done') && nameOfImage(subject.name) === name,
    );
  return {
    network: (name) => networks.list().find((one) => one.name === name && one.state === 'made'),
    volume: (name) => volumes.find(name) !== undefined,
    inVolume: async (name, path) => {
      const volume = volumes.find(name);
      return volume && entryAt(k, volumes.mountpoint(volume), path);
    },
    image: (name) => images.find(name),
    inImage: (name, path) => inLayers(k, images.find(name)?.layers.map(({ dir }) => dir) ?? [], path),
    pushes: (name) => Promise.all(endedOf('push', name).map(sentBy)),
    builds: (name) => Promise.all(endedOf('build', name).map(seenOf)),
    imageWork: (kind) =>
      ended(kind).map(({ record: { state, subject } }) => ({
        failed: state === 'failed',
        images: subject.name.split(' ').map(nameOfImage),
      })),
  };
}
