/** Networks: list, inspect, create, connect, disconnect, remove, prune. Engine API, "Networks". */
import { badParameter, notFound, ApiError } from '../../../runtime/errors/api-error.ts';
import { predefined } from '../../../runtime/network/phase/networks.ts';
import { networkAsked } from '../../../runtime/network/request/create-network.ts';
import type { NetworkRecord } from '../../../runtime/network/store/network-record.ts';
import { readJson } from '../http/body.ts';
import { hasLabels, matching, readFilters, truth, untilTime } from '../http/filters.ts';
import { connectionAsked } from './connection-asked.ts';
import { networkID, networkView, predefinedView, type NetworkView } from './networks-view.ts';
import type { Exchange, Routes } from '../http/route.ts';

const KNOWN = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

type Predefined = (typeof predefined)[number];

/** Names come before the beginnings of ids. */
export function networkBy(x: Exchange, ref: string): Predefined | NetworkRecord {
  const exact = predefined.find((name) => name === ref || networkID(x.engine, name) === ref);
  const found =
    exact ??
    x.engine.networks.find(ref) ??
    predefined.find((name) => ref.length >= 3 && networkID(x.engine, name).startsWith(ref));
  if (!found) throw notFound(`network ${ref} not found`);
  return found;
}
const named = (x: Exchange) => networkBy(x, x.param('name'));
const viewOf = (x: Exchange, network: Predefined | NetworkRecord): NetworkView =>
  typeof network === 'string' ? predefinedView(x.engine, network) : networkView(x.engine, network);

/** The ids of the networks that a container is connected to, running or not; of predefined ones the names. */
const used = (x: Exchange): ReadonlySet<string> =>
  new Set(
    x.engine
      .containers()
      .flatMap(({ container: { endpoints } }) => endpoints.flatMap(({ networkID: id, network }) => id ?? network)),
  );

function list(x: Exchange): object {
  const filters = readFilters(x.query, KNOWN);
  const all = [...predefined, ...x.engine.networks.list()].map((network) => ({
    network,
    view: viewOf(x, network),
  }));
  const byName = matching(
    filters,
    'name',
    all.map(({ view }) => view.Name),
  );
  const type = filters.get('type');
  const wrong = type?.find((one) => one !== 'custom' && one !== 'builtin');
  if (wrong !== undefined) throw badParameter(`invalid filter: 'type'='${wrong}'`);
  const dangling = truth(filters, 'dangling');
  const inUse = dangling === undefined ? new Set<string>() : used(x);
  return (
    all
      .filter(
        ({ network, view }) =>
          (!byName || byName.has(view.Name)) &&
          (filters.get('id')?.some((id) => view.Id.startsWith(id)) ?? true) &&
          (filters.get('driver')?.includes(view.Driver) ?? true) &&
          (filters.get('scope')?.includes('local') ?? true) &&
          (type?.includes(typeof network === 'string' ? 'builtin' : 'custom') ?? true) &&
          // predefined networks do not dangle
          (dangling === undefined || (typeof network === 'string' || inUse.has(network.id)) !== dangling) &&
          hasLabels(filters.get('label'), view.Labels),
      )
      // who is on a network is only in the answer about one of them, since API 1.28
      .map(({ view }) => (x.api < 28 ? view : { ...view, Containers: {} }))
  );
}

async function create(x: Exchange): Promise<object> {
  const { id } = await x.engine.networks.create(networkAsked(await readJson(x.req)));
  x.res.status(201);
  return { Id: id, Warning: '' };
}

async function remove(x: Exchange): Promise<number> {
  const network = named(x);
  if (typeof network === 'string') throw new ApiError(403, `${network} is a pre-defined network and cannot be removed`);
  await x.engine.networks.remove(network.id);
  return 204;
}

async function prune(x: Exchange): Promise<object> {
  const filters = readFilters(x.query, ['until', 'label', 'label!']);
  const until = untilTime(filters);
  const without = filters.get('label!');
  const removed = await x.engine.networks.prune(
    ({ id, created, labels }) =>
      !used(x).has(id) &&
      (until === undefined || created < until) &&
      hasLabels(filters.get('label'), labels) &&
      (!without || !without.some((label) => hasLabels([label], labels))),
  );
  return { NetworksDeleted: removed.length ? removed : null };
}

async function connect(x: Exchange): Promise<number> {
  const network = named(x);
  const { container, wanted } = connectionAsked(await readJson(x.req), network, x.engine);
  await x.engine.container(container).networks.connect(wanted);
  return 200;
}

/** A network that is gone is still in the settings of stopped containers, by name and id. */
export function endpointRef(x: Exchange, ref: string): string {
  try {
    const network = networkBy(x, ref);
    return typeof network === 'string' ? network : network.id;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return ref;
    throw error;
  }
}

async function disconnect(x: Exchange): Promise<number> {
  const { Container: container, Force: force = false } = await readJson(x.req);
  if (typeof container !== 'string' || !container) throw badParameter('Container must name a container');
  if (typeof force !== 'boolean') throw badParameter('Force must be true or false');
  await x.engine.container(container).networks.disconnect(endpointRef(x, x.param('name')));
  return 200;
}

export const networks: Routes = {
  'GET /networks': list,
  'POST /networks/create': create,
  'POST /networks/prune': prune,
  'POST /networks/*name/connect': connect,
  'POST /networks/*name/disconnect': disconnect,
  'GET /networks/*name': (x) => viewOf(x, named(x)),
  'DELETE /networks/*name': remove,
};
