/** Which layer does this file come from? The shelves of the overlay from the top, as a read walks them, and what is mounted over them. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { bytes, changed, factsOf, hasEnded, shortDigest } from './facts.ts';
import { fit, path, polyline, rect, text, wrap, type Drawing, type Item, type Mark, type Tone } from './marks.ts';

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
const WIDE = 400;
const H = 46;
const STEP = 58;
const MOUNTS = LEFT + WIDE + 36;
const MOUNT_WIDE = 236;

interface Shelf { key: string; sel: string; title: string; right: string; below: string; tone: Tone; there: boolean; isNew: boolean }

/** Merged, upper, then the lowers from the top down. */
export function shelves(frame: Frame, previous?: Frame): Shelf[] {
  const overlay = Object.entries(factsOf(frame, 'mount')).find(([, value]) => value.startsWith('overlay of'));
  const isRoot = factsOf(frame, 'root')['/']?.startsWith('overlay') ?? false;
  const upper = factsOf(frame, 'file')['upper'];
  const layers = layersOf(frame);
  const gone = hasEnded(frame);
  return [
    { key: 'merged', sel: 'overlay:merged', title: 'merged: what it sees', right: isRoot ? 'it is now /' : overlay ? 'not yet /' : gone ? 'unmounted' : 'not mounted yet', below: overlay ? 'one tree out of all shelves below' : gone ? 'it went with the mount namespace' : 'exists from rw-layer.mount-overlay on', tone: 'own', there: overlay !== undefined || isRoot, isNew: changed(frame, previous, 'mount', overlay?.[0] ?? '') || changed(frame, previous, 'root', '/') },
    { key: 'upper', sel: 'overlay:upper', title: 'upper: the container\'s own, read-write', right: upper ? 'rw' : 'not made yet', below: 'every write lands here; only rm takes it away', tone: 'write', there: upper !== undefined, isNew: changed(frame, previous, 'file', 'upper') },
    ...[...layers].reverse().map((layer) => ({
      key: `layer:${layer.digest}`, sel: `layer:${layer.index}`, title: `lower ${layer.index + 1}: ${shortDigest(layer.digest)}`, right: `${bytes(layer.size)}, read-only`, below: layer.made || 'a layer of the image', tone: 'read' as const, there: true, isNew: changed(frame, previous, 'image', `layer ${layer.index}`),
    })),
  ];
}

function shelfItem(shelf: Shelf, row: number): Item {
  const tone = shelf.there ? shelf.tone : 'ghost';
  const skew = 14;
  const marks: Mark[] = [
    path(`M${skew},0H${WIDE}L${WIDE - skew},${H}H0Z`, tone, { filled: true, width: shelf.isNew ? 3 : 1.5, dashed: !shelf.there || shelf.key === 'merged' }),
    text(26, 19, shelf.title, shelf.there ? 'plain' : 'quiet', { bold: true, size: 13 }),
    text(WIDE - 22, 19, shelf.right, shelf.there ? 'plain' : 'quiet', { anchor: 'end', size: 12, mono: true }),
    text(20, 36, fit(shelf.below, WIDE - 50, 11.5), 'quiet', { size: 11.5 }),
  ];
  return { key: shelf.key, sel: shelf.sel, x: LEFT, y: 40 + row * STEP + (row > 1 ? 16 : 0), marks, label: `${shelf.title}; ${shelf.right}; ${shelf.below}` };
}

function mountItem(mount: Mount, row: number, isNew: boolean): Item {
  const marks: Mark[] = [
    rect(0, 0, MOUNT_WIDE, 34, isNew ? 'active' : 'mount', isNew ? 'solid' : 'soft', 4),
    path(polyline([-14, 17], [0, 17]), 'mount'),
    text(10, 14, fit(mount.target, 160, 12, true), isNew ? 'solid' : 'plain', { mono: true, size: 12, bold: true }),
    text(MOUNT_WIDE - 10, 14, mount.type, isNew ? 'solid' : 'quiet', { anchor: 'end', size: 11 }),
    text(10, 28, fit(`${mount.what}${mount.count ? `, and ${mount.count} below it` : ''}`, MOUNT_WIDE - 18, 11), isNew ? 'solid' : 'quiet', { size: 11 }),
  ];
  return { key: `mount:${mount.key}`, sel: `mount:${mount.key}`, x: MOUNTS, y: 40 + row * 39, marks, label: `mount ${mount.target}: ${mount.type}, ${mount.what}` };
}

/** The eye that looks from the top down. */
const reading = (bottom: number): Item => ({
  key: 'read', x: 30, y: 40,
  marks: [
    path('M-13,10Q0,-4 13,10Q0,24 -13,10Z', 'plain'), path('M-4,10A4,4 0 1,0 4,10A4,4 0 1,0 -4,10Z', 'plain', { filled: true }),
    path(polyline([0, 30], [0, bottom - 54]), 'plain', { arrow: true, width: 1.5 }),
    ...wrap('a read stops at the first hit', 56, 11).map((words, j) => text(0, bottom - 34 + j * 13, words, 'quiet', { size: 11, anchor: 'middle' })),
  ],
});

export function drawOverlay(frame: Frame, _events: readonly Event[], previous?: Frame): Drawing {
  const stack = shelves(frame, previous);
  const mounts = mountsOf(frame);
  const bottom = Math.max(stack.length * STEP + 20, 150);
  const noLayers: Item[] = layersOf(frame).length ? [] : [{ key: 'no layers', x: LEFT, y: 40 + 2 * STEP + 16, marks: [text(20, 22, 'the image\'s layers appear here when the overlay is mounted', 'quiet', { size: 12 })] }];
  return {
    width: MOUNTS + MOUNT_WIDE + 10, height: Math.max(bottom + 64, 48 + mounts.length * 39),
    items: [
      { key: 'head', x: 0, y: 22, marks: [text(LEFT + 14, 0, 'the root file system, from the top', 'plain', { bold: true }), text(MOUNTS, 0, mounts.length ? 'mounted on it' : 'nothing is mounted on it', 'plain', { bold: true })] },
      ...(mounts.length ? [{ key: 'rail', x: 0, y: 0, marks: [path(polyline([LEFT + WIDE, 63], [MOUNTS - 14, 63], [MOUNTS - 14, 40 + (mounts.length - 1) * 39 + 17]), 'mount')] }] : []),
      reading(bottom), ...stack.map(shelfItem), ...noLayers,
      ...mounts.map((mount, j) => mountItem(mount, j, changed(frame, previous, 'mount', mount.key))),
    ],
    table: {
      columns: ['what', 'which', 'state', 'about'],
      rows: [...stack.map(({ key, sel, title, right, below }) => ({ key, sel, cells: [title.split(':')[0]!, title.split(': ')[1] ?? '', right, below] })), ...mounts.map((mount) => ({ key: mount.key, sel: `mount:${mount.key}`, cells: ['mount', mount.target, mount.type, mount.what] }))],
    },
    summary: stack[0]!.there ? `An overlay of ${layersOf(frame).length} read-only layers with a writable one on top, and ${mounts.length} mounts on it.` : hasEnded(frame) ? 'The overlay went with the mount namespace. What the container wrote is kept in upper until rm.' : 'The overlay is not mounted yet.',
  };
}
