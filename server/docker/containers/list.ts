/** GET /containers/json: the rows of `ps`. Engine API, "List containers". */
import type { ContainerHandle, Engine } from '../../../runtime/engine/engine.ts';
import type { ContainerState } from '../../../runtime/container/container-state.ts';
import { unsafeWords } from '../../../runtime/container/leave-out.ts';
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import { linksOf } from '../../../runtime/network/request/legacy-links.ts';
import { labelsOf, mountsView, words } from './container-config.ts';
import { isPortFilter, portMatches, portsView } from './exposed-ports.ts';
import { type Filters, hasLabels, matching, readFilters, untilTime } from '../http/filters.ts';
import { endpoints, networkID } from '../networks/networks-view.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { span } from '../http/humanize.ts';

const KNOWN = [
  'ancestor',
  'before',
  'since',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'status',
  'volume',
];
const STATUSES = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];

const HEALTH = ['starting', 'healthy', 'unhealthy', 'none'];
const healthOf = ({ health }: ContainerState): string => health?.status ?? 'none';
const healthWords = ({ health }: ContainerState): string =>
  health ? ` (${health.status === 'starting' ? 'health: starting' : health.status})` : '';

const statusWords: Record<ContainerState['status'], (state: ContainerState, now: number) => string> = {
  created: () => 'Created',
  running: (state, now) => `Up ${span(now - state.startedAt)}${healthWords(state)}`,
  paused: (state, now) => `Up ${span(now - state.startedAt)} (Paused)`,
  restarting: (state, now) => `Restarting (${state.exitCode}) ${span(now - state.finishedAt)} ago`,
  removing: () => 'Removal In Progress',
  exited: (state, now) => `Exited (${state.exitCode}) ${span(now - state.finishedAt)} ago`,
  dead: () => 'Dead',
};

/** The status text. It also says what was left out on purpose. */
function statusOf({ container, state }: ContainerHandle): string {
  const unsafe = unsafeWords(container.request);
  return `${statusWords[state.status](state, Date.now())}${unsafe ? ` (${unsafe})` : ''}`;
}

/** The image's name as requested, while it still means the container's image; otherwise the image's id. */
function imageOf({ images }: Engine, { request, image }: ContainerHandle['container']): string {
  return !image || images.find(request.Image)?.id === image.id ? request.Image : image.id;
}

/**
 * By a container's id: the names that other containers gave it with --link on the default bridge, '/web/db' for the
 * link `db` of the container `web`.
 */
export function linkNames(engine: Engine): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { container } of engine.containers()) {
    if (!container.request.HostConfig.Links?.length) continue;
    for (const { target, alias } of linksOf(container, container.other))
      names.set(target.id, [...(names.get(target.id) ?? []), `/${container.name}/${alias}`]);
  }
  return names;
}

/** One row of the list. `withSize` reads the rw layer. */
export async function containerView(
  engine: Engine,
  handle: ContainerHandle,
  withSize: boolean,
  links?: Map<string, string[]>,
): Promise<object> {
  const { container, state } = handle;
  const sizeRw = withSize ? await handle.sizeRw() : 0;
  return {
    Id: container.id,
    Names: [`/${container.name}`, ...(links?.get(container.id) ?? [])],
    Image: imageOf(engine, container),
    ImageID: container.image?.id ?? '',
    Command: words(container)
      .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`))
      .join(' '),
    Created: Math.floor(handle.created / 1000),
    Ports: portsView(handle),
    Labels: labelsOf(handle.container),
    State: state.status,
    Status: statusOf(handle),
    ...(withSize && { SizeRw: sizeRw, SizeRootFs: (container.image?.size ?? 0) + sizeRw }),
    HostConfig: { NetworkMode: container.request.HostConfig.NetworkMode || 'default' },
    NetworkSettings: { Networks: endpoints(engine, handle) },
    Mounts: mountsView(container),
  };
}

/**
 * `ancestor` names an image in docker's forms: name, name:tag, id, or a prefix of an id. A descendant was built on it
 * here; an image that only shares layers with it is none.
 */
function descends(engine: Engine, { container }: ContainerHandle, ancestor: string): boolean {
  const wanted = engine.images.find(ancestor);
  if (!wanted) return container.request.Image === ancestor;
  const seen = new Set<string>();
  for (let at = container.image?.id ?? ''; at && !seen.has(at); at = engine.builds.cache.parentOf(at)) {
    if (at === wanted.id) return true;
    seen.add(at);
  }
  return false;
}

type Test = (handle: ContainerHandle, value: string, engine: Engine) => boolean;
/**
 * A filter holds when one of its values holds. `is-task` and `isolation` have the same answer for every container.
 */
const tests: Record<string, Test> = {
  id: ({ container }, value) => container.id.startsWith(value),
  status: ({ state }, value) => state.status === value,
  exited: ({ state }, value) => state.status === 'exited' && state.exitCode === Number(value),
  ancestor: (handle, value, engine) => descends(engine, handle, value),
  network: ({ container: { endpoints: all } }, value, engine) =>
    all.some(
      ({ network, networkID: user }) =>
        network === value || (value.length >= 3 && (user ?? networkID(engine, network)).startsWith(value)),
    ),
  volume: ({ container }, value) =>
    mountsView(container).some((m) => [m.Name, m.Source, m.Destination].includes(value)),
  health: ({ state }, value) => healthOf(state) === value,
  'is-task': (_handle, value) => value === 'false',
  isolation: (_handle, value) => value === 'default',
  expose: (handle, value) => portsView(handle).some(({ PrivatePort, Type }) => portMatches(value, PrivatePort, Type)),
  publish: (handle, value) => portsView(handle).some(({ PublicPort, Type }) => portMatches(value, PublicPort, Type)),
};

function wanted(engine: Engine, filters: Filters): (handle: ContainerHandle) => boolean {
  for (const status of filters.get('status') ?? [])
    if (!STATUSES.includes(status)) throw badParameter(`invalid filter 'status=${status}'`);
  for (const health of filters.get('health') ?? [])
    if (!HEALTH.includes(health)) throw badParameter(`unrecognised filter value for health: ${health}`);
  for (const code of filters.get('exited') ?? [])
    if (!/^-?\d+$/.test(code)) throw badParameter(`invalid filter 'exited=${code}'`);
  for (const name of ['publish', 'expose'])
    for (const value of filters.get(name) ?? [])
      if (!isPortFilter(value)) throw badParameter(`invalid filter '${name}=${value}'`);
  const all = engine.containers();
  const names = matching(
    filters,
    'name',
    all.flatMap(({ container: { name } }) => [name, `/${name}`]),
  );
  const edge = (name: string) => filters.get(name)?.map((ref) => engine.container(ref).created);
  const before = edge('before');
  const since = edge('since');
  return (handle) =>
    Object.entries(tests).every(
      ([name, holds]) => filters.get(name)?.some((value) => holds(handle, value, engine)) ?? true,
    ) &&
    (!names || names.has(handle.container.name) || names.has(`/${handle.container.name}`)) &&
    hasLabels(filters.get('label'), labelsOf(handle.container)) &&
    (before?.every((time) => handle.created < time) ?? true) &&
    (since?.every((time) => handle.created > time) ?? true);
}

async function list(x: Exchange): Promise<object> {
  const { engine, query } = x;
  const filters = readFilters(query, KNOWN);
  const limit = query.integer('limit') ?? 0;
  const all = query.flag('all') || limit > 0 || filters.has('status');
  const keep = wanted(engine, filters);
  const found = engine
    .containers()
    .filter((handle) => (all || ['running', 'paused', 'restarting'].includes(handle.state.status)) && keep(handle))
    .sort((a, b) => b.created - a.created);
  const links = linkNames(engine);
  return Promise.all(
    (limit > 0 ? found.slice(0, limit) : found).map((handle) =>
      containerView(engine, handle, query.flag('size'), links),
    ),
  );
}

async function prune(x: Exchange): Promise<object> {
  const { engine, query } = x;
  const filters = readFilters(query, ['until', 'label', 'label!']);
  const until = untilTime(filters) ?? Infinity;
  const gone: string[] = [];
  let bytes = 0;
  for (const handle of engine.containers()) {
    const unwanted = filters.get('label!');
    if (
      !['created', 'exited', 'dead'].includes(handle.state.status) ||
      handle.created >= until ||
      !hasLabels(filters.get('label'), labelsOf(handle.container))
    )
      continue;
    if (unwanted?.length && hasLabels(unwanted, labelsOf(handle.container))) continue;
    try {
      const size = await handle.sizeRw();
      await handle.remove({ force: false });
      bytes += size;
      gone.push(handle.container.id);
    } catch (error) {
      // keep a container that was started or removed in the meantime
      if (!(error instanceof ApiError)) throw error;
    }
  }
  return { ContainersDeleted: gone, SpaceReclaimed: bytes };
}

export const containersList: Routes = { 'GET /containers/json': list, 'POST /containers/prune': prune };
