/**
 * The map of the machine at a moment of the past: what is there now without what came later, and with what has been
 * removed since. Use of memory is not known for the past and is left out.
 */
import type { Change, Listed, MachineMap, MachinePast, MapContainer } from '../../server/live/protocol.ts';

const bare: MapContainer = { networks: [], volumes: [] };
type Moment = Pick<Listed, 'status' | 'machine' | 'exitCode'>;

const after: Partial<Record<Change['did'], Pick<Listed, 'status' | 'machine'>>> = {
  create: { status: 'created', machine: 'created' },
  start: { status: 'running', machine: 'running' },
  unpause: { status: 'running', machine: 'running' },
  pause: { status: 'paused', machine: 'paused' },
  die: { status: 'exited', machine: 'exited' },
};

/** What a container was after these changes; undefined before it was made and after it was removed. */
function stateAfter(changes: readonly Change[]): Moment | undefined {
  let state: Moment | undefined;
  for (const { did, exitCode = 0 } of changes) {
    if (did === 'destroy') state = undefined;
    else if (after[did]) state = { ...after[did], exitCode };
  }
  return state;
}

/** The row of a container that has been removed since. */
const formerRow = (id: string, { name, with: image, time }: Change, state: Moment): Listed => ({
  ...state,
  id,
  name,
  image: image ?? '',
  command: '',
  created: time,
  pid: 0,
  tty: false,
  error: '',
});

/** The networks that it was on, as far as changes tell; where they tell nothing, those that it is on now. */
function networksAt(id: string, changes: readonly Change[], now: MapContainer): MapContainer['networks'] {
  const own = changes.filter(({ of, with: container }) => of === 'network' && container === id);
  if (!own.length) return now.networks.map((network) => ({ id: network.id }));
  const on = new Set<string>();
  for (const { did, id: network } of own)
    if (did === 'connect') on.add(network);
    else if (did === 'disconnect') on.delete(network);
  // a container that has ended is connected to nothing, and stays where it was on the map
  return (on.size ? [...on] : now.networks.length ? now.networks.map((one) => one.id) : [own.at(-1)!.id]).map(
    (network) => ({ id: network }),
  );
}

function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return groups;
}

export function mapAt(
  { map, list, past }: { map: MachineMap; list: readonly Listed[]; past: MachinePast },
  time: number,
): { map: MachineMap; list: Listed[] } {
  const changes = past.changes.filter((one) => one.time <= time);
  const made = new Set(changes.filter(({ did }) => did === 'create').map(({ of, id }) => `${of} ${id}`));
  const later = new Set(
    past.changes.filter((one) => one.time > time && one.did === 'create').map((one) => `${one.of} ${one.id}`),
  );
  const isThere = (of: Change['of'], id: string) => made.has(`${of} ${id}`) || !later.has(`${of} ${id}`);

  const known = new Map(list.map((row) => [row.id, row]));
  const rows: Listed[] = [];
  const containers: Record<string, MapContainer> = {};
  for (const [id, own] of grouped(
    changes.filter(({ of }) => of === 'container'),
    ({ id }) => id,
  )) {
    const state = stateAfter(own);
    if (!state) continue;
    const row = known.get(id);
    rows.push(row ? { ...row, ...state, error: '' } : formerRow(id, own[0]!, state));
    const now = map.containers[id] ?? bare;
    const { image, volumes, mounted } = now;
    const oom = own.at(-1)?.did === 'die' && own.at(-2)?.did === 'oom';
    containers[id] = {
      ...(image && { image }),
      volumes,
      ...(mounted && { mounted }),
      networks: networksAt(id, changes, now),
      ...(oom && { oom }),
    };
  }
  const operations = past.stretches.filter(({ from }) => from <= time);
  const begun = new Map(operations.map((one) => [one.id, one]));
  for (const row of list) {
    const one = row.operation && begun.get(row.id);
    if (!one) continue;
    rows.push(
      one.to !== undefined && one.to <= time ? row : { ...row, status: 'created', machine: 'creating', error: '' },
    );
  }
  const madeLater = new Set(
    past.stretches.flatMap(({ subject, kind, from, to }) =>
      subject && !kind.endsWith('remove') && kind !== 'push' && kind !== 'save' && (to ?? from) > time ? [subject] : [],
    ),
  );
  const madeBefore = new Set(
    operations.flatMap(({ subject, to }) => (subject && to !== undefined && to <= time ? [subject] : [])),
  );
  return {
    list: rows,
    map: {
      ...map,
      images: map.images.filter(({ id }) => madeBefore.has(id) || !madeLater.has(id)),
      networks: map.networks.filter(({ id }) => isThere('network', id)),
      volumes: map.volumes.filter(({ name }) => isThere('volume', name)),
      containers,
    },
  };
}
