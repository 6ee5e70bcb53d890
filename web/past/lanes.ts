/** The lanes of the machine's time line: which operations lie in each, and where, one run of pixels for many. */
import type { Change, MachinePast, Stretch } from '../../server/live/protocol.ts';

export const laneNames = ['containers', 'execs', 'images', 'builds', 'networks', 'volumes'] as const;
export type LaneName = (typeof laneNames)[number];

const laneOf: Record<Stretch['kind'], LaneName> = {
  start: 'containers',
  pause: 'containers',
  unpause: 'containers',
  remove: 'containers',
  exec: 'execs',
  cp: 'execs',
  checkpoint: 'containers',
  pull: 'images',
  push: 'images',
  commit: 'images',
  save: 'images',
  load: 'images',
  verify: 'images',
  import: 'images',
  build: 'builds',
  'network-create': 'networks',
  'network-remove': 'networks',
  'network-connect': 'networks',
  'network-disconnect': 'networks',
  'volume-create': 'volumes',
  'volume-remove': 'volumes',
};

/** From pixel `from` to pixel `to`. `alive`: a process runs, and no operation is under way. */
export interface Run {
  from: number;
  to: number;
  look: 'operation' | 'failed' | 'alive' | 'opened';
}
export interface Lane {
  name: LaneName;
  runs: readonly Run[];
}

/** The times between which the containers' processes ran; `to` is absent while one runs. */
function lives(changes: readonly Change[]): { from: number; to?: number }[] {
  const begun = new Map<string, number>();
  const done: { from: number; to?: number }[] = [];
  for (const { of, did, id, time } of changes) {
    if (of !== 'container') continue;
    if (did === 'start') begun.set(id, time);
    const from = begun.get(id);
    if (from === undefined || (did !== 'die' && did !== 'destroy')) continue;
    done.push({ from, to: time });
    begun.delete(id);
  }
  return [...done, ...[...begun.values()].map((from) => ({ from }))];
}

const rank: Record<Run['look'], number> = { alive: 1, operation: 2, opened: 3, failed: 4 };
const looks: readonly Run['look'][] = ['alive', 'operation', 'opened', 'failed'];

/** One number for each pixel, so the number of runs has a bound whatever the number of operations is. */
function runsOf(marks: readonly Run[], width: number): Run[] {
  const pixels = new Uint8Array(width);
  for (const { from, to, look } of marks) {
    const value = rank[look];
    for (let x = Math.max(0, from); x <= Math.min(width - 1, to); x++) if (pixels[x]! < value) pixels[x] = value;
  }
  const runs: Run[] = [];
  for (let x = 0; x < width;) {
    const value = pixels[x]!;
    const from = x;
    while (x < width && pixels[x] === value) x++;
    if (value) runs.push({ from, to: x, look: looks[value - 1]! });
  }
  return runs;
}

/** `place`: from a time to a pixel. Lanes in which nothing happened are left out. `opened`: what the page shows. */
export function lanesOf(past: MachinePast, width: number, place: (time: number) => number, opened: string): Lane[] {
  const marks = new Map<LaneName, Run[]>(laneNames.map((name) => [name, []]));
  const put = (lane: LaneName, from: number, to: number | undefined, look: Run['look']) =>
    marks
      .get(lane)!
      .push({ from: Math.floor(place(from)), to: to === undefined ? width : Math.floor(place(to)), look });
  for (const { from, to } of lives(past.changes)) put('containers', from, to, 'alive');
  for (const { kind, from, to, failed, opens } of past.stretches)
    put(laneOf[kind], from, to, failed ? 'failed' : opens === opened ? 'opened' : 'operation');
  return laneNames.flatMap((name) => {
    const runs = runsOf(marks.get(name)!, width);
    return runs.length ? [{ name, runs }] : [];
  });
}

/** What is said of a moment: the operations that begin or end there, and the changes. */
export interface Happening {
  time: number;
  what: { kind: Stretch['kind']; ended: boolean; failed: boolean } | { of: Change['of']; did: Change['did'] };
  name: string;
  opens?: string;
}

/** Everything that happened on the machine but in the opened journal itself, the oldest first. */
export function momentsOf({ stretches, changes }: MachinePast, opened: string): Happening[] {
  const ends = stretches
    .filter(({ opens }) => opens !== opened)
    .flatMap(({ kind, name, opens, from, to, failed = false }): Happening[] => [
      { time: from, what: { kind, ended: false, failed: false }, name, opens },
      ...(to === undefined ? [] : [{ time: to, what: { kind, ended: true, failed }, name, opens }]),
    ]);
  // what an operation did is said by the operation
  const alone = changes
    .filter(
      ({ of, id, did }) => id !== opened && of === 'container' && (did === 'die' || did === 'oom' || did === 'destroy'),
    )
    .map(({ time, of, did, name, id }): Happening => ({ time, what: { of, did }, name, opens: id }));
  return [...ends, ...alone].sort((a, b) => a.time - b.time);
}
