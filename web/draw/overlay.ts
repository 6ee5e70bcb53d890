/**
 * The picture "Which layer does this file come from?": the overlay's layers as shelves in the order in which a read
 * searches them, and the mounts on top of them.
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { changed, hasEnded, shortDigest } from './facts.ts';
import { fit, path, polyline, rect, text, type Drawing, type Item, type Mark } from './marks.ts';
import { CARD, columnX, lowerCard, tie, upperCard } from './overlay-cards.ts';
import {
  columnsOf,
  doneFiles,
  lookupOf,
  rightsWords,
  untold,
  upperFiles,
  whatItIs,
  type Column,
} from './overlay-files.ts';
import { eye, type Stop } from './overlay-lookup.ts';
import { clampWidth, USUAL } from './clamp-width.ts';
import type { Lineage } from '../../runtime/storage/overlay2/lineage.ts';
import type { What } from '../../runtime/storage/overlay2/upper.ts';
import { isCopied, layersOf, mountsOf, shelves, type Mount, type Shelf } from './overlay-shelves.ts';

const LEFT = 74;
const H = 46;
const TALL = CARD.top + CARD.high + 8;
const GAP = 12;
const TOP = 40;
const MOUNT = { wide: 220, high: 34, step: 39 } as const;
/** Minimum width in pixels, for the cards that are side by side on a shelf. */
const LEAST = 446;
/**
 * The mounts are to the right of the shelves if both fit, otherwise below them. `at`: position of a mount below an
 * object that ends at `bottom`
 */
interface Plan {
  width: number;
  shelf: number;
  beside: boolean;
  at(row: number, bottom: number): { x: number; y: number; w: number };
}
function planFor(width: number): Plan {
  const whole = clampWidth(width, LEFT + LEAST + 20, 960);
  const beside = whole >= LEFT + LEAST + 30 + MOUNT.wide + 6;
  const shelf = beside ? whole - LEFT - 30 - MOUNT.wide - 6 : whole - LEFT - 6;
  const across = Math.floor((whole - 10) / (MOUNT.wide + 8));
  const w = (whole - 10) / across - 8;
  const at = (row: number, bottom: number) =>
    beside
      ? { x: LEFT + shelf + 30, y: TOP + row * MOUNT.step, w: MOUNT.wide }
      : { x: 10 + (row % across) * (w + 8), y: bottom + 44 + Math.floor(row / across) * MOUNT.step, w };
  return { width: whole, shelf, beside, at };
}

interface Placed extends Shelf {
  y: number;
  high: number;
}
/** Positions of the shelves; one with cards is taller. */
function place(stack: readonly Shelf[], columns: readonly Column[]): Placed[] {
  let y = TOP;
  return stack.map((shelf, row) => {
    const holds =
      shelf.key === 'upper'
        ? columns.some(({ entry }) => entry)
        : columns.some(({ lowers }) => lowers.has(shelf.layer));
    const high = holds ? TALL : H;
    const placed = { ...shelf, y, high };
    y += high + GAP + (row === 1 ? 16 : 0);
    return placed;
  });
}

function shelfItem(shelf: Placed, wide: number): Item {
  const title = `${shelf.name}: ${shelf.gloss}`;
  const tone = shelf.there ? shelf.tone : 'ghost';
  const skew = 14;
  const marks: Mark[] = [
    path(`M${skew},0H${wide}L${wide - skew},${shelf.high}H0Z`, tone, {
      filled: true,
      width: shelf.isNew ? 3 : 1.5,
      dashed: !shelf.there || shelf.key === 'merged',
    }),
    text(26, 19, title, shelf.there ? 'plain' : 'quiet', { bold: true, size: 13 }),
    text(wide - 22, 19, shelf.right, shelf.there ? 'plain' : 'quiet', { anchor: 'end', size: 12, mono: true }),
    text(20, 36, fit(shelf.below, wide - 50, 11.5), 'quiet', { size: 11.5 }),
  ];
  return {
    key: shelf.key,
    sel: shelf.sel,
    x: LEFT,
    y: shelf.y,
    marks,
    label: `${title}; ${shelf.right}; ${shelf.below}`,
  };
}

/** The cards of the shelves and their connections, which are drawn behind the shelves. */
function cardItems(
  words: DrawWords,
  placed: readonly Placed[],
  columns: readonly Column[],
): { ties: Item[]; cards: Item[] } {
  const at = (layer: string) => placed.find((shelf) => shelf.layer === layer);
  const shelf = at('upper') ?? { y: TOP, high: H };
  const upper = shelf.y + CARD.top;
  const items = columns.map((column, j) => {
    const x = LEFT + columnX(j);
    const lying = [...column.lowers].flatMap(([layer, how]) => {
      const lower = at(layer);
      return lower ? [{ layer, how, top: lower.y, y: lower.y + CARD.top }] : [];
    });
    const first = column.entry && lying.find(({ layer }) => layer === column.entry?.from);
    return {
      ties: first ? [tie(column.path, x, shelf.y + shelf.high, first.top, first.how)] : [],
      cards: [
        ...lying.map(({ layer, how, y }) => lowerCard(words, column.path, layer, how, x, y)),
        ...upperCard(words, column, x, upper, first?.y),
      ],
    };
  });
  return { ties: items.flatMap(({ ties }) => ties), cards: items.flatMap(({ cards }) => cards) };
}

function mountItem(
  words: DrawWords['overlay'],
  mount: Mount,
  { x, y, w }: { x: number; y: number; w: number },
  railed: boolean,
  isNew: boolean,
): Item {
  const marks: Mark[] = [
    rect(0, 0, w, MOUNT.high, isNew ? 'active' : 'mount', isNew ? 'solid' : 'soft', 4),
    ...(railed ? [path(polyline([-14, 17], [0, 17]), 'mount')] : []),
    text(10, 14, fit(mount.target, w - 70, 12, true), isNew ? 'solid' : 'plain', { mono: true, size: 12, bold: true }),
    text(w - 10, 14, mount.type, isNew ? 'solid' : 'quiet', { anchor: 'end', size: 11 }),
    text(
      10,
      28,
      fit(`${mount.what}${mount.count ? `, ${words.belowIt(mount.count)}` : ''}`, w - 18, 11),
      isNew ? 'solid' : 'quiet',
      { size: 11 },
    ),
  ];
  return {
    key: `mount:${mount.key}`,
    sel: `mount:${mount.key}`,
    x,
    y,
    marks,
    label: words.mount(mount.target, mount.type, mount.what),
  };
}

const ROWS = 200;
function fileRows(words: DrawWords, frame: Frame): { key: string; sel: string; cells: string[] }[] {
  const files = upperFiles(frame);
  return files
    .slice(-ROWS)
    .reverse()
    .map(({ path: file, entry }) => ({
      key: `upper:${file}`,
      sel: `upper:${file}`,
      cells: [
        words.overlay.inUpper,
        file,
        words.overlay.what[entry.what],
        [whatItIs(words, entry), rightsWords(entry), entry.from && words.overlay.fromLayer(shortDigest(entry.from))]
          .filter(Boolean)
          .join(', '),
      ],
    }));
}

function stateOf(say: DrawWords['overlay'], frame: Frame, isThere: boolean, mounts: number): string {
  const layers = layersOf(frame).length;
  if (isCopied(frame)) return say.copied(layers);
  if (isThere) return say.summary(layers, mounts);
  return hasEnded(frame) ? say.ended : say.unmounted;
}

/** `sel` and `lineage`: the selected file, and what the layers have at its path if the daemon was asked. */
export function drawOverlay(
  words: DrawWords,
  frame: Frame,
  _events: readonly Event[],
  previous?: Frame,
  sel?: string,
  lineage?: Lineage,
  width = USUAL,
): Drawing {
  const plan = planFor(width);
  const { shelf, beside } = plan;
  const { columns, rest } = columnsOf(frame, previous, sel, lineage);
  const { overlay: say } = words;
  const stack = place(shelves(words, frame, previous), columns);
  const mounts = mountsOf(words, frame);
  const { ties, cards } = cardItems(words, stack, columns);
  const lookup = lookupOf(frame, sel, lineage);
  const stops: Stop[] = stack.map(({ layer, y, high }) => ({ layer, y: y + Math.min(high, H) / 2 }));
  const bottom = Math.max(...stack.map(({ y, high }) => y + high), 190);
  const noLayers: Item[] = layersOf(frame).length
    ? []
    : [{ key: 'no layers', x: LEFT, y: bottom - 24, marks: [text(20, 0, say.noLayers, 'quiet', { size: 12 })] }];
  const upperAt = stack[1]!.y;
  const more = untold(frame);
  const beyond = [rest && say.older(rest), more && say.more(more)].filter(Boolean).join(', ');
  const done = doneFiles(frame);
  return {
    width: plan.width,
    height: Math.max(
      bottom + 14,
      (mounts.length ? plan.at(mounts.length - 1, bottom).y + MOUNT.high : 0) + 8,
      beside ? 0 : bottom + 44,
    ),
    items: [
      {
        key: 'head',
        x: 0,
        y: 22,
        marks: [
          text(LEFT + 14, 0, say.head, 'plain', { bold: true }),
          text(
            beside ? LEFT + shelf + 30 : 10,
            beside ? 0 : bottom + 12,
            mounts.length ? say.mountsHead : say.noMounts,
            'plain',
            { bold: true },
          ),
        ],
      },
      ...(mounts.length && beside
        ? [
            {
              key: 'rail',
              x: 0,
              y: 0,
              marks: [
                path(
                  polyline(
                    [LEFT + shelf, 63],
                    [LEFT + shelf + 16, 63],
                    [LEFT + shelf + 16, TOP + (mounts.length - 1) * MOUNT.step + 17],
                  ),
                  'mount',
                ),
              ],
            },
          ]
        : []),
      eye(words, stops, lookup),
      ...ties,
      ...stack.map((one) => shelfItem(one, shelf)),
      ...noLayers,
      ...cards,
      ...(beyond
        ? [
            {
              key: 'beyond',
              x: LEFT + shelf - 22,
              y: upperAt + 36,
              marks: [text(0, 0, beyond, 'plain', { anchor: 'end', size: 11.5 })],
            },
          ]
        : []),
      ...mounts.map((mount, j) =>
        mountItem(say, mount, plan.at(j, bottom), beside, changed(frame, previous, 'mount', mount.key)),
      ),
    ],
    table: {
      columns: say.columns,
      rows: [
        ...stack.map(({ key, sel: chosen, name, gloss, right, below }) => ({
          key,
          sel: chosen,
          cells: [name, gloss, right, below],
        })),
        ...fileRows(words, frame),
        ...(more ? [{ key: 'beyond', cells: [say.inUpper, say.moreEntries(more), say.notTold, ''] }] : []),
        ...mounts.map((mount) => ({
          key: mount.key,
          sel: `mount:${mount.key}`,
          cells: [say.mountRow, mount.target, mount.type, mount.what],
        })),
      ],
    },
    summary: `${stateOf(say, frame, stack[0]!.there, mounts.length)}${
      done.length
        ? ` ${say.upperHas(
            counted(
              say,
              done.map(({ entry }) => entry.what),
            ),
          )}`
        : ''
    }`,
  };
}

/** '2 copied up, 1 deleted' */
const counted = (words: DrawWords['overlay'], all: readonly What[]): string =>
  [...new Set(all)].map((what) => words.counted[what](all.filter((one) => one === what).length)).join(', ');
