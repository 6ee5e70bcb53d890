/** What the map shows: the machine as the daemon told it, and the rows of the list, put together. Pure. */
import type { Listed, MachineMap, MapContainer, MapImage, MapNetwork } from '../../../server/live/protocol.ts';
import { isMoving } from '../../state/phase-order.ts';
import type { Tone } from '../marks.ts';

export type Mood = 'running' | 'moving' | 'paused' | 'created' | 'exited' | 'failed';
export interface Vessel extends Omit<MapContainer, 'networks'> {
  row: Listed;
  networks: readonly { id: string; name: string; address?: string }[];
  mood: Mood;
}
/** A network with the containers whose first network it is. */
export interface Quay extends MapNetwork {
  vessels: readonly Vessel[];
}
export interface Contents {
  quays: readonly Quay[];
  images: readonly (MapImage & { users: number })[];
  volumes: readonly { name: string; users: number }[];
  operations: readonly Listed[];
  /** memory of the machine */
  memory: number;
}

export const tones: Record<Mood, Tone> = {
  running: 'own',
  moving: 'active',
  paused: 'read',
  created: 'quiet',
  exited: 'quiet',
  failed: 'failed',
};
export const glyphs: Record<Mood, string> = {
  running: '▶',
  moving: '▸',
  paused: '❄',
  created: '○',
  exited: '■',
  failed: '✗',
};

const bare: MapContainer = { networks: [], volumes: [] };

function moodOf({ status, machine }: Listed, { oom }: MapContainer): Mood {
  if (machine === 'failed' || status === 'dead' || oom) return 'failed';
  if (isMoving(machine)) return 'moving';
  if (status === 'running' || status === 'paused' || status === 'created') return status;
  return 'exited';
}

/** How many have each name. */
function tally(names: readonly string[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const name of names) sum.set(name, (sum.get(name) ?? 0) + 1);
  return sum;
}

/** Places do not change: the oldest comes first, and a network that is not used keeps its place. */
export function contentsOf(map: MachineMap, list: readonly Listed[]): Contents {
  const names = new Map(map.networks.map(({ id, name }) => [id, name]));
  const vessels = list
    .filter(({ operation }) => !operation)
    .map((row): Vessel => {
      const known = map.containers[row.id] ?? bare;
      const networks = known.networks.map((on) => ({ ...on, name: names.get(on.id) ?? on.id.slice(0, 12) }));
      return { ...known, networks, row, mood: moodOf(row, known) };
    })
    .sort((a, b) => a.row.created - b.row.created || (a.row.id < b.row.id ? -1 : 1));
  const [used, mounted] = [
    tally(vessels.flatMap(({ image }) => image ?? [])),
    tally(vessels.flatMap(({ volumes }) => volumes)),
  ];
  const at = ({ networks }: Vessel) => networks[0]?.id ?? 'none';
  const quays = map.networks.map((network) => ({
    ...network,
    vessels: vessels.filter((vessel) => (names.has(at(vessel)) ? at(vessel) : 'none') === network.id),
  }));
  // 'host' and 'none' are places for containers alone
  const always = ({ id, vessels: there }: Quay) => there.length > 0 || (id !== 'host' && id !== 'none');
  const last = ({ id }: Quay) => Number(id === 'host') + 2 * Number(id === 'none');
  return {
    quays: quays.filter(always).sort((a, b) => last(a) - last(b)),
    images: map.images.map((image) => ({ ...image, users: used.get(image.id) ?? 0 })),
    volumes: map.volumes.map(({ name }) => ({ name, users: mounted.get(name) ?? 0 })),
    operations: list.filter(({ operation }) => operation),
    memory: map.memory,
  };
}
