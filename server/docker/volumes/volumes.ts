/** GET, POST and DELETE /volumes…. Engine API, "Volumes". */
import { ApiError } from '../../../runtime/errors/api-error.ts';
import type { VolumeRequest } from '../../../runtime/engine/volume-request.ts';
import { isAnonymous, type Volume } from '../../../runtime/volume/volume.ts';
import { readJson } from '../http/body.ts';
import { hasLabels, matching, readFilters, truth, type Filters } from '../http/filters.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { volumeRequest } from './volume-request.ts';
import { volumeView } from './volume-view.ts';

async function create(x: Exchange): Promise<object> {
  const volume = await x.engine.volumes.create(volumeRequest(await readJson(x.req)) satisfies VolumeRequest);
  x.res.status(201);
  return volumeView(x.engine, volume);
}

function list(x: Exchange): object {
  const filters = readFilters(x.query, ['dangling', 'driver', 'label', 'name']);
  const { volumes } = x.engine;
  const all = volumes.list();
  const byName = matching(
    filters,
    'name',
    all.map(({ name }) => name),
  );
  const dangling = truth(filters, 'dangling');
  const found = all.filter(
    (volume) =>
      (!byName || byName.has(volume.name)) &&
      (dangling === undefined || dangling === !volumes.usersOf(volume).length) &&
      (filters.get('driver')?.includes(volume.driver) ?? true) &&
      hasLabels(filters.get('label'), volume.labels),
  );
  return { Volumes: found.map((volume) => volumeView(x.engine, volume)), Warnings: null };
}

async function remove(x: Exchange): Promise<number> {
  await x.engine.volumes.remove(x.param('name'), x.query.flag('force'));
  return 204;
}

/** From API 1.42 on only anonymous volumes are taken, unless the filter `all` is true. */
function isPruned(x: Exchange, filters: Filters): (volume: Volume) => boolean {
  const all = x.api < 42 || truth(filters, 'all') === true;
  const without = filters.get('label!') ?? [];
  return (volume) =>
    (all || isAnonymous(volume)) &&
    hasLabels(filters.get('label'), volume.labels) &&
    without.every((label) => !hasLabels([label], volume.labels));
}

async function prune(x: Exchange): Promise<object> {
  const filters = readFilters(x.query, ['all', 'label', 'label!']);
  const { names, bytes } = await x.engine.volumes.prune(isPruned(x, filters));
  return { VolumesDeleted: names, SpaceReclaimed: bytes };
}

export const volumes: Routes = {
  'GET /volumes': list,
  'POST /volumes/create': create,
  'POST /volumes/prune': prune,
  'GET /volumes/*name': (x) => volumeView(x.engine, x.engine.volumes.get(x.param('name'))),
  'PUT /volumes/*name': () => {
    throw new ApiError(503, 'volume update only valid for cluster volumes, but swarm is unavailable');
  },
  'DELETE /volumes/*name': remove,
};
