/**
 * Volumes and binds of a container: its layers are a narrow tower, and each volume is a tank beside it. A pipe enters
 * the tower at the mount point and covers what the layers have there. Pure.
 */
import type { Frame } from '../../../runtime/journal/frame.ts';
import type { DrawWords } from '../../words/en/draw.ts';
import { clampWidth, USUAL } from '../clamp-width.ts';
import { factsOf } from '../facts.ts';
import { fit, path, polyline, rect, text, type Drawing, type Item, type Mark } from '../marks.ts';
import { layersOf } from '../overlay-shelves.ts';

export interface Tank {
  target: string;
  /** the volume's name; absent for a bind */
  volume?: string;
  source: string;
  readOnly: boolean;
}
/** The names that the layers have at a mount point. */
export interface Covered {
  names: readonly string[];
  more: number;
}

const LEAST = 240;
const MOST = 900;
const WIDE = 540;
const TOP = 30;
const ROW = { wide: 84, narrow: 148 } as const;
const LID = 58;
const SLAB = 24;
const LOWERS = 5;
const TANKS_MOST = 40;
const NAMES = 4;

const OWN = /\/containers\/[0-9a-f]{64}\/[^/]*$/;
const VOLUME = /\/volumes\/([^/]+)\/_data(?:\/.*)?$/;

/** Options follow the source, which may have blanks. */
function readBind(value: string): { source: string; options: string[] } {
  const words = value.split(' ').slice(1);
  const options: string[] = [];
  while (words.length > 1 && /^[a-z_]+$/.test(words.at(-1)!)) options.unshift(words.pop()!);
  return { source: words.join(' '), options };
}

/** Without Drydock's own files (/etc/hosts …) and devices. */
export function tanksOf(frame: Frame): Tank[] {
  const rows = Object.entries(factsOf(frame, 'mount')).flatMap(([target, value]): Tank[] => {
    if (!value.startsWith('bind /') || target.startsWith('/dev/') || target.startsWith('/sys/')) return [];
    const { source, options } = readBind(value);
    if (OWN.test(source) || source === target || source === '/dev/null' || source.startsWith('/proc/')) return [];
    const volume = VOLUME.exec(source)?.[1];
    return [{ target, source, readOnly: options.includes('ro') || options.includes('rro'), ...(volume && { volume }) }];
  });
  return rows.filter(({ target }) => !/\/rootfs(?:\.partial)?$/.test(target)).slice(0, TANKS_MOST);
}

const shortVolume = (name: string): string => (/^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name);
const whatIs = (say: DrawWords['tanks'], { volume, source }: Tank): string =>
  volume ? say.volume(shortVolume(volume)) : say.bind(source);

function coveredText(say: DrawWords['tanks'], covered: Covered | undefined): string {
  if (!covered) return say.coversUnknown;
  const { names, more } = covered;
  if (!names.length) return say.coversNone;
  const shown = names.slice(0, NAMES).join(', ');
  return say.covers(names.length + more, names.length + more > NAMES ? `${shown}, …` : shown);
}

interface Place {
  wide: boolean;
  tower: number;
  tank: { x: number; w: number };
}

function towerMarks(say: DrawWords['tanks'], layers: number, w: number, height: number): Mark[] {
  const lowers = Array.from({ length: Math.min(LOWERS, layers) }, (_, j) => say.lower(layers - j));
  const hidden = layers - lowers.length;
  const slabs = [
    { name: say.merged, tone: 'own' as const },
    { name: say.upper, tone: 'write' as const },
    ...lowers.map((name) => ({ name, tone: 'read' as const })),
    ...(hidden > 0 ? [{ name: say.moreLowers(hidden), tone: 'read' as const }] : []),
  ];
  return [
    rect(0, 0, w, height, 'plain', 'outline', 6),
    ...slabs.flatMap(({ name, tone }, j) => [
      rect(6, 6 + j * (SLAB + 3), w - 12, SLAB, tone, 'soft', 3),
      text(14, 22 + j * (SLAB + 3), fit(name, w - 28, 11.5), tone, { size: 11.5 }),
    ]),
    text(8, height - 8, fit(say.towerGone, w - 14, 11), 'quiet', { size: 11 }),
  ];
}

/** A lid on the tower, the pipe to its tank, and the tank. */
function tankItem(
  say: DrawWords['tanks'],
  tank: Tank,
  covered: Covered | undefined,
  y: number,
  { wide, tower, tank: at }: Place,
): Item {
  const what = whatIs(say, tank);
  const rights = tank.readOnly ? say.readOnly : say.readWrite;
  const beneath = coveredText(say, covered);
  const isCovering = (covered?.names.length ?? 0) > 0;
  const lid = wide ? { x: tower + 4, w: at.x - tower - 54 } : { x: 4, w: at.w };
  const box = wide ? { x: at.x, y: 4 } : { x: 4, y: LID + 24 };
  const pipe = wide
    ? polyline([lid.x + lid.w, 18], [at.x, 18])
    : polyline([lid.x + lid.w - 24, 26], [lid.x + lid.w - 24, box.y]);
  const h = 54;
  return {
    key: `tank:${tank.target}`,
    sel: `mount:${tank.target}`,
    x: 0,
    y,
    label: say.label(tank.target, what, rights, beneath),
    marks: [
      path(pipe, 'mount', { width: 7 }),
      rect(lid.x, 4, lid.w, 26, 'mount', 'soft', 4),
      text(lid.x + 8, 21, fit(tank.target, lid.w - 16, 12, true), 'mount', { mono: true, size: 12, bold: true }),
      ...(isCovering ? [rect(lid.x, 31, lid.w, 6, 'read', 'hatched', 0)] : []),
      text(lid.x + 8, 51, fit(beneath, lid.w - (wide ? 12 : 44), 11), 'quiet', { size: 11 }),
      rect(box.x, box.y, at.w, h, 'file', tank.volume ? 'soft' : 'dashed', tank.volume ? 16 : 4),
      text(box.x + 14, box.y + 20, fit(what, at.w - 40, 13), 'plain', { size: 12.5, bold: true }),
      text(
        box.x + 14,
        box.y + 39,
        fit(`${rights}, ${tank.volume ? say.stays : say.ofHost}`, at.w - 28, 11),
        tank.readOnly ? 'read' : 'quiet',
        { size: 11 },
      ),
    ],
  };
}

/** `covered`: by mount point, as far as it is known. */
export function drawTanks(
  words: DrawWords,
  frame: Frame,
  covered: ReadonlyMap<string, Covered>,
  available = USUAL,
): Drawing {
  const { tanks: say } = words;
  const width = clampWidth(available, LEAST, MOST);
  const wide = width >= WIDE;
  const tanks = tanksOf(frame);
  const layers = layersOf(frame).length;
  const tower = wide ? Math.min(150, width * 0.2) : width - 8;
  const place: Place = {
    wide,
    tower,
    tank: wide ? { x: Math.round(width * 0.62), w: Math.round(width * 0.38) - 6 } : { x: 4, w: width - 8 },
  };
  const slabs = 2 + Math.min(LOWERS, layers) + Number(layers > LOWERS);
  const least = 12 + slabs * (SLAB + 3) + 18;
  const towerHigh = wide ? Math.max(least, tanks.length * ROW.wide) : least;
  const step = wide ? ROW.wide : ROW.narrow;
  const first = wide ? TOP : TOP + towerHigh + 12;
  return {
    width,
    height: Math.max(first + tanks.length * step, TOP + towerHigh) + 8,
    items: [
      { key: 'head', x: 0, y: 0, marks: [text(8, 18, say.tower, 'plain', { bold: true, size: 12.5 })] },
      { key: 'tower', x: 4, y: TOP, marks: towerMarks(say, layers, tower - 4, towerHigh) },
      ...tanks.map((tank, j) => tankItem(say, tank, covered.get(tank.target), first + j * step, place)),
    ],
    table: {
      columns: say.columns,
      rows: tanks.map((tank) => ({
        key: tank.target,
        sel: `mount:${tank.target}`,
        cells: [
          tank.target,
          whatIs(say, tank),
          tank.readOnly ? say.readOnly : say.readWrite,
          coveredText(say, covered.get(tank.target)),
        ],
      })),
    },
    summary: say.summary(tanks.filter(({ volume }) => volume).length, tanks.filter(({ volume }) => !volume).length),
  };
}
