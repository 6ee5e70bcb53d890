/** Named volumes do not exist yet: the list is empty, and a volume's name gives 404 as in docker. */
import { notFound } from '../../../runtime/errors/api-error.ts';
import { readFilters } from '../http/filters.ts';
import type { Exchange, Routes } from '../http/route.ts';

function missing(x: Exchange): never {
  throw notFound(`get ${x.param('name')}: no such volume`);
}

export const volumes: Routes = {
  'GET /volumes': (x) => {
    readFilters(x.query, ['dangling', 'driver', 'label', 'name']);
    return { Volumes: [], Warnings: null };
  },
  'GET /volumes/*name': missing,
  'DELETE /volumes/*name': missing,
  'POST /volumes/prune': (x) => {
    readFilters(x.query, ['all', 'label', 'label!']);
    return { VolumesDeleted: [], SpaceReclaimed: 0 };
  },
};
