/** A container on the map, in three sizes: the more there are, the less each says. */
import { bytes } from '../amounts.ts';
import { fit, path, rect, text, type Item, type Mark } from '../marks.ts';
import type { DrawWords } from '../../words/en/draw.ts';
import type { MachineState } from '../../../runtime/container/life.ts';
import { glyphs, tones, type Vessel } from './contents.ts';

export interface Size {
  w: number;
  h: number;
  gap: number;
}
export const sizes: readonly Size[] = [
  { w: 214, h: 88, gap: 18 },
  { w: 168, h: 66, gap: 14 },
  { w: 118, h: 38, gap: 9 },
  { w: 26, h: 26, gap: 5 },
];
type States = Record<MachineState | 'done', string>;
export interface Said {
  words: DrawWords;
  states: States;
}

export function stateOf({ words: { map: say }, states }: Said, { row, oom }: Vessel): string {
  if (oom) return say.outOfMemory;
  if (row.machine === 'exited') return say.exited(row.exitCode);
  return states[row.machine];
}
export function memoryOf({ words: { map: say, amounts } }: Said, { memory, limit }: Vessel): string {
  if (memory === undefined) return '';
  return limit === undefined ? bytes(memory, amounts) : say.memoryOf(bytes(memory, amounts), bytes(limit, amounts));
}

/** The share of the memory that it may use: of its limit, or of the machine. */
function levelOf({ memory, limit }: Vessel, whole: number): number {
  const most = limit === undefined ? whole : Math.min(limit, whole);
  return memory === undefined || !most ? 0 : Math.min(1, memory / most);
}

/** The gauge: how full it is. A limit is a wall at its end; without one there is none. */
function gauge(vessel: Vessel, x: number, y: number, w: number, whole: number): Mark[] {
  if (vessel.memory === undefined) return [];
  const level = levelOf(vessel, whole);
  const tone = level > 0.9 ? 'failed' : 'cgroup';
  return [
    rect(x, y, w, 5, 'cgroup', 'soft', 2),
    rect(x, y, Math.max(2, w * level), 5, tone, 'solid', 2),
    ...(vessel.limit === undefined ? [] : [path(`M${x + w},${y - 3}V${y + 8}`, tone, { width: 2.5 })]),
  ];
}

function marksOf(said: Said, vessel: Vessel, { w, h }: Pick<Size, 'w' | 'h'>, whole: number): Mark[] {
  const { mood, row } = vessel;
  const tone = tones[mood];
  const hull = rect(0, 0, w, h, tone, mood === 'created' || mood === 'exited' ? 'outline' : 'soft', h > 30 ? 8 : 5);
  const sign = (x: number, y: number, size: number) => text(x, y, glyphs[mood], tone, { size, anchor: 'middle' });
  if (w < 60) {
    const level = levelOf(vessel, whole);
    const fill = level ? [rect(2, h - 2 - (h - 4) * level, w - 4, (h - 4) * level, 'cgroup', 'solid', 2)] : [];
    return [hull, ...fill, sign(w / 2, h / 2 + 4, 11)];
  }
  const small = h < 50;
  const name = text(26, small ? 17 : 20, fit(row.name, w - 34, 13), 'plain', { bold: true, size: small ? 12 : 13 });
  if (small) return [hull, sign(15, 17, 12), name, ...gauge(vessel, 10, 27, w - 24, whole)];
  const condition = mood === 'running' ? memoryOf(said, vessel) || stateOf(said, vessel) : stateOf(said, vessel);
  const large = h > 70;
  const also = vessel.networks.slice(1).map(({ name: network }) => network);
  const more = also.length ? said.words.map.also(also.join(', ')) : '';
  const { address } = vessel.networks[0] ?? {};
  const third = [address, more].filter(Boolean).join(', ');
  return [
    hull,
    sign(15, 20, 13),
    name,
    text(12, 38, fit(`${row.image} ${row.command}`, w - 24, 11, true), 'quiet', { size: 11, mono: true }),
    text(12, h - 13, fit(condition, w - 24, 11), tone, { size: 11 }),
    ...(large && third ? [text(12, 56, fit(third, w - 24, 11), 'network', { size: 11 })] : []),
    ...gauge(vessel, 12, h - 8, w - 28, whole),
  ];
}

export function tile(
  said: Said,
  vessel: Vessel,
  x: number,
  y: number,
  size: Pick<Size, 'w' | 'h'>,
  whole: number,
): Item {
  const { row } = vessel;
  return {
    key: `container:${row.id}`,
    sel: `container:${row.id}`,
    x,
    y,
    label: said.words.map.container(row.name, row.image, stateOf(said, vessel), memoryOf(said, vessel)),
    marks: marksOf(said, vessel, size, whole),
  };
}
