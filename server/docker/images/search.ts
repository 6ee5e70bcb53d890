/** GET /images/search. Engine API, "Search images". */
import type { Found } from '../../../runtime/image/registry/search.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { readFilters, truth } from '../http/filters.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { registryAuth } from './registry-auth.ts';

const DEFAULT_LIMIT = 25;
const MOST = 100;

/** The result must have at least this many stars. */
function starsOf(values: readonly string[] = []): number {
  const wrong = values.find((value) => !/^\d{1,9}$/.test(value));
  if (wrong !== undefined) throw badParameter(`invalid filter 'stars=${wrong}'`);
  return Math.max(0, ...values.map(Number));
}

async function search(x: Exchange): Promise<Found[]> {
  const term = x.query.text('term');
  if (!term) throw badParameter('invalid search: a term is needed');
  const filters = readFilters(x.query, ['is-automated', 'is-official', 'stars']);
  const [automated, official] = [truth(filters, 'is-automated'), truth(filters, 'is-official')];
  const stars = starsOf(filters.get('stars'));
  const limit = x.query.integer('limit') || DEFAULT_LIMIT;
  if (limit < 1 || limit > MOST) throw badParameter(`limit ${limit} is outside the range of [1, ${MOST}]`);
  const results = await x.engine.registries.search({ term, limit }, registryAuth(x.req), x.gone());
  return results.filter(
    (one) =>
      one.star_count >= stars &&
      (automated === undefined || one.is_automated === automated) &&
      (official === undefined || one.is_official === official),
  );
}

export const imagesSearch: Routes = { 'GET /images/search': search };
