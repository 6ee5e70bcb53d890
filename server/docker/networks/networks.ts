/** GET /networks…: the three predefined networks. Others cannot be created yet. */
import { notFound, ApiError } from '../../../runtime/errors/api-error.ts';
import { predefined } from '../../../runtime/network/phase/networks.ts';
import { hasLabels, matching, readFilters, truth } from '../http/filters.ts';
import { networkID, networkView } from './networks-view.ts';
import type { Exchange, Routes } from '../http/route.ts';

const KNOWN = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

function named(x: Exchange): (typeof predefined)[number] {
  const ref = x.param('name');
  const found =
    predefined.find((name) => name === ref) ??
    predefined.find((name) => ref.length >= 3 && networkID(x.engine, name).startsWith(ref));
  if (!found) throw notFound(`network ${ref} not found`);
  return found;
}

function list(x: Exchange): object {
  const filters = readFilters(x.query, KNOWN);
  const all = predefined.map((name) => networkView(x.engine, name));
  const byName = matching(
    filters,
    'name',
    all.map((n) => n.Name),
  );
  return all.filter(
    (n) =>
      (!byName || byName.has(n.Name)) &&
      (filters.get('id')?.some((id) => n.Id.startsWith(id)) ?? true) &&
      (filters.get('driver')?.includes(n.Driver) ?? true) &&
      (filters.get('scope')?.includes('local') ?? true) &&
      (filters.get('type')?.includes('builtin') ?? true) &&
      truth(filters, 'dangling') !== true &&
      hasLabels(filters.get('label'), n.Labels),
  );
}

export const networks: Routes = {
  'GET /networks': list,
  'GET /networks/*name': (x) => networkView(x.engine, named(x)),
  'DELETE /networks/*name': (x) => {
    throw new ApiError(403, `${named(x)} is a pre-defined network and cannot be removed`);
  },
  'POST /networks/prune': (x) => {
    readFilters(x.query, ['until', 'label', 'label!']);
    return { NetworksDeleted: null };
  },
};
