/** Which layer does this file come from? The shelves of the overlay from the top, as a read walks them, and what is mounted over them. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { bytes, changed, factsOf, hasEnded, shortDigest } from './facts.ts';
import { fit, path, polyline, rect, text, type Drawing, type Item, type Mark, type Tone } from './marks.ts';
import { CARD, columnX, lowerCard, tie, upperCard } from './overlay-cards.ts';
import { columnsOf, doneFiles, lookupOf, rightsWords, sizeWords, typeWords, untold, upperFiles, whatWords, type Column } from './overlay-files.ts';
import { eye, type Stop } from './overlay-lookup.ts';
import type { Lineage } from '../../runtime/overlay/lineage.ts';

export interface Layer { index: number; digest: string; size: number; made: string }
/** Lowest first. */
export const layersOf = (frame: Frame): Layer[] => Object.entries(factsOf(frame, 'image')).filter(([key]) => /^layer \d+$/.test(key)).map(([key, value]) => {
  const [digest = '', size = '0', ...made] = value.split(' ');
  return { index: Number(key.slice(6)), digest, size: Number(size), made: made.join(' ') };
}).sort((a, b) => a.index - b.index);

export interface Mount { target: string; type: string; what: string; key: string; count: number }
const covers = /\/dev\/null|size=0k/;
/** Mounts other than the overlay, without those that only hide something (Security shows these); a folder of cgroup mounts is one. */
export function mountsOf(frame: Frame): Mount[] {
  const rows = Object.entries(factsOf(frame, 'mount')).filter(([, value]) => !value.startsWith('overlay of') && !covers.test(value));
  const groups = rows.filter(([target]) => /^\/sys\/fs\/cgroup\/./.test(target));
  return rows.filter(([target, value]) => !/^\/sys\/fs\/cgroup\/./.test(target) && value !== `bind ${target}`).map(([target, value]) => {
    const [type = '', source = ''] = value.split(' ');
    const inside = target === '/sys/fs/cgroup' ? groups.length : 0;
    return { key: target, target, type, what: type === 'bind' ? `from ${source.replace(/^.*\/containers\/[0-9a-f]{64}\//, 'drydock\'s ')}${/\bro\b/.test(value) ? ', read-only' : ''}` : mountWords[type] ?? type, count: inside };
  });
}
const mountWords: Record<string, string> = { proc: 'the kernel\'s view of processes', tmpfs: 'in memory', devpts: 'terminals', mqueue: 'message queues', sysfs: 'devices and drivers', cgroup: 'control groups', cgroup2: 'control groups' };

const LEFT = 74;
const WIDE = 446;
const H = 46;
const TALL = CARD.top + CARD.high + 8;
const GAP = 12;
const TOP = 40;
const MOUNTS = LEFT + WIDE + 30;
const MOUNT_WIDE = 220;

/** `layer`: what facts and answers call it */
interface Shelf { key: string; layer: string; sel: string; title: string; right: string; below: string; tone: Tone; there: boolean; isNew: boolean }

/** Merged, upper, then the lowers from the top down. */
export function shelves(frame: Frame, previous?: Frame): Shelf[] {
  const overlay = Object.entries(factsOf(frame, 'mount')).find(([, value]) => value.startsWith('overlay of'));
  const isRoot = factsOf(frame, 'root')['/'] === 'overlay';
  const upper = factsOf(frame, 'file')['upper'];
  const layers = layersOf(frame);
  const gone = hasEnded(frame);
  return [
    { key: 'merged', layer: 'merged', sel: 'overlay:merged', title: 'merged: what it sees', right: isRoot ? 'it is now /' : overlay ? 'not yet /' : gone ? 'unmounted' : 'not mounted yet', below: overlay ? 'one tree out of all shelves below' : gone ? 'it went with the mount namespace' : 'exists from rw-layer.mount-overlay on', tone: 'own', there: overlay !== undefined || isRoot, isNew: changed(frame, previous, 'mount', overlay?.[0] ?? '') || changed(frame, previous, 'root', '/') },
    { key: 'upper', layer: 'upper', sel: 'overlay:upper', title: 'upper: the container\'s own', right: upper ? 'read-write' : 'not made yet', below: 'every write lands here; only rm takes it away', tone: 'write', there: upper !== undefined, isNew: changed(frame, previous, 'file', 'upper') },
    ...[...layers].reverse().map((layer) => ({
      key: `layer:${layer.digest}`, layer: layer.digest, sel: `layer:${layer.index}`, title: `lower ${layer.index + 1}: ${shortDigest(layer.digest)}`, right: `${bytes(layer.size)}, read-only`, below: layer.made || 'a layer of the image', tone: 'read' as const, there: true, isNew: changed(frame, previous, 'image', `layer ${layer.index}`),
    })),
  ];
}

interface Placed extends Shelf { y: number; high: number }
/** A shelf with cards is taller. */
function place(stack: readonly Shelf[], columns: readonly Column[]): Placed[] {
  let y = TOP;
  return stack.map((shelf, row) => {
    const holds = shelf.key === 'upper' ? columns.some(({ entry }) => entry) : columns.some(({ lowers }) => lowers.has(shelf.layer));
    const high = holds ? TALL : H;
    const placed = { ...shelf, y, high };
    y += high + GAP + (row === 1 ? 16 : 0);
    return placed;
  });
}

function shelfItem(shelf: Placed): Item {
  const tone = shelf.there ? shelf.tone : 'ghost';
  const skew = 14;
  const marks: Mark[] = [
    path(`M${skew},0H${WIDE}L${WIDE - skew},${shelf.high}H0Z`, tone, { filled: true, width: shelf.isNew ? 3 : 1.5, dashed: !shelf.there || shelf.key === 'merged' }),
    text(26, 19, shelf.title, shelf.there ? 'plain' : 'quiet', { bold: true, size: 13 }),
    text(WIDE - 22, 19, shelf.right, shelf.there ? 'plain' : 'quiet', { anchor: 'end', size: 12, mono: true }),
    text(20, 36, fit(shelf.below, WIDE - 50, 11.5), 'quiet', { size: 11.5 }),
  ];
  return { key: shelf.key, sel: shelf.sel, x: LEFT, y: shelf.y, marks, label: `${shelf.title}; ${shelf.right}; ${shelf.below}` };
}

/** The shelves' cards, and what ties them together: that passes behind the shelves between. */
function cardItems(placed: readonly Placed[], columns: readonly Column[]): { ties: Item[]; cards: Item[] } {
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
    return { ties: first ? [tie(column.path, x, shelf.y + shelf.high, first.top, first.how)] : [], cards: [...lying.map(({ layer, how, y }) => lowerCard(column.path, layer, how, x, y)), ...upperCard(column, x, upper, first?.y)] };
  });
  return { ties: items.flatMap(({ ties }) => ties), cards: items.flatMap(({ cards }) => cards) };
}

function mountItem(mount: Mount, row: number, isNew: boolean): Item {
  const marks: Mark[] = [
    rect(0, 0, MOUNT_WIDE, 34, isNew ? 'active' : 'mount', isNew ? 'solid' : 'soft', 4),
    path(polyline([-14, 17], [0, 17]), 'mount'),
    text(10, 14, fit(mount.target, 150, 12, true), isNew ? 'solid' : 'plain', { mono: true, size: 12, bold: true }),
    text(MOUNT_WIDE - 10, 14, mount.type, isNew ? 'solid' : 'quiet', { anchor: 'end', size: 11 }),
    text(10, 28, fit(`${mount.what}${mount.count ? `, and ${mount.count} below it` : ''}`, MOUNT_WIDE - 18, 11), isNew ? 'solid' : 'quiet', { size: 11 }),
  ];
  return { key: `mount:${mount.key}`, sel: `mount:${mount.key}`, x: MOUNTS, y: TOP + row * 39, marks, label: `mount ${mount.target}: ${mount.type}, ${mount.what}` };
}

const ROWS = 200;
function fileRows(frame: Frame): { key: string; sel: string; cells: string[] }[] {
  const files = upperFiles(frame);
  return files.slice(-ROWS).reverse().map(({ path: file, entry }) => ({
    key: `upper:${file}`, sel: `upper:${file}`,
    cells: ['in upper', file, whatWords[entry.what], [typeWords[entry.type], sizeWords(entry), rightsWords(entry), entry.from && `from ${shortDigest(entry.from)}`].filter(Boolean).join(', ')],
  }));
}

/** `sel` and `lineage`: the selected file, and what the layers have at its path, if they were asked. */
export function drawOverlay(frame: Frame, _events: readonly Event[], previous?: Frame, sel?: string, lineage?: Lineage): Drawing {
  const { columns, rest } = columnsOf(frame, previous, sel, lineage);
  const stack = place(shelves(frame, previous), columns);
  const mounts = mountsOf(frame);
  const { ties, cards } = cardItems(stack, columns);
  const lookup = lookupOf(frame, sel, lineage);
  const stops: Stop[] = stack.map(({ layer, y, high }) => ({ layer, y: y + Math.min(high, H) / 2 }));
  const bottom = Math.max(...stack.map(({ y, high }) => y + high), 190);
  const noLayers: Item[] = layersOf(frame).length ? [] : [{ key: 'no layers', x: LEFT, y: bottom - 24, marks: [text(20, 0, 'the image\'s layers appear here when the overlay is mounted', 'quiet', { size: 12 })] }];
  const upperAt = stack[1]!.y;
  const beyond = [rest ? `+${rest} older` : '', untold(frame) && `+${untold(frame).replace(' entries', '')}`].filter(Boolean).join(', ');
  const done = doneFiles(frame);
  return {
    width: MOUNTS + MOUNT_WIDE + 6, height: Math.max(bottom + 14, 48 + mounts.length * 39),
    items: [
      { key: 'head', x: 0, y: 22, marks: [text(LEFT + 14, 0, 'the root file system, from the top', 'plain', { bold: true }), text(MOUNTS, 0, mounts.length ? 'mounted on it' : 'nothing is mounted on it', 'plain', { bold: true })] },
      ...(mounts.length ? [{ key: 'rail', x: 0, y: 0, marks: [path(polyline([LEFT + WIDE, 63], [MOUNTS - 14, 63], [MOUNTS - 14, TOP + (mounts.length - 1) * 39 + 17]), 'mount')] }] : []),
      eye(stops, lookup), ...ties, ...stack.map(shelfItem), ...noLayers, ...cards,
      ...(beyond ? [{ key: 'beyond', x: LEFT + WIDE - 22, y: upperAt + 36, marks: [text(0, 0, beyond, 'plain', { anchor: 'end', size: 11.5 })] }] : []),
      ...mounts.map((mount, j) => mountItem(mount, j, changed(frame, previous, 'mount', mount.key))),
    ],
    table: {
      columns: ['what', 'which', 'state', 'about'],
      rows: [
        ...stack.map(({ key, sel: chosen, title, right, below }) => ({ key, sel: chosen, cells: [title.split(':')[0]!, title.split(': ')[1] ?? '', right, below] })), ...fileRows(frame),
        ...(untold(frame) ? [{ key: 'beyond', cells: ['in upper', untold(frame), 'not told one by one', ''] }] : []),
        ...mounts.map((mount) => ({ key: mount.key, sel: `mount:${mount.key}`, cells: ['mount', mount.target, mount.type, mount.what] })),
      ],
    },
    summary: `${stack[0]!.there ? `An overlay of ${layersOf(frame).length} read-only layers with a writable one on top, and ${mounts.length} mounts on it.` : hasEnded(frame) ? 'The overlay went with the mount namespace. What the container wrote is kept in upper until rm.' : 'The overlay is not mounted yet.'}${done.length ? ` In upper: ${counted(done.map(({ entry }) => whatWords[entry.what]))}.` : ''}`,
  };
}

/** '2 copied up, 1 deleted' */
const counted = (words: readonly string[]): string => [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} ${word}`).join(', ');
