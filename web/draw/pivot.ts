/**
 * The picture of pivot_root(2): two trees and two roots. Before it the process has the host's root; then the old tree
 * lies on the new one (put_old); then it is let go.
 */
import { stepOf } from '../../runtime/journal/step-id.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { clampWidth } from './clamp-width.ts';
import { downward, fit, path, polyline, rect, text, type Drawing, type Item, type Mark, type Tone } from './marks.ts';

export type Stage = 'before' | 'lifted' | 'gone';
const DURING: ReadonlySet<Frame['state']> = new Set<Frame['state']>(['starting', 'running', 'paused']);

/** Undefined while there is no new tree, and for a run that leaves pivot_root out. */
export function pivotStage(frame: Frame): Stage | undefined {
  if (!DURING.has(frame.state)) return undefined;
  const done = new Set(frame.done.map(stepOf));
  if (done.has('init.unmount-old-root')) return 'gone';
  if (done.has('init.pivot-root')) return 'lifted';
  return frame.state === 'starting' && !done.has('init.chroot') ? 'before' : undefined;
}

const NODE = { w: 58, h: 22 };
const GAP = 8;
const TREE = 4 * NODE.w + 3 * GAP;
const DROP = 54;

/** A root and four directories. */
function tree(names: readonly string[], tone: Tone, ghost: boolean): Mark[] {
  const look = ghost ? ('dashed' as const) : ('soft' as const);
  const middle = TREE / 2;
  return [
    ...names.map((_, j) =>
      path(downward([middle, NODE.h], [j * (NODE.w + GAP) + NODE.w / 2, DROP]), tone, { dashed: ghost }),
    ),
    rect(middle - 24, 0, 48, NODE.h, tone, ghost ? 'dashed' : 'solid', 11),
    text(middle, 16, '/', ghost ? tone : 'solid', { anchor: 'middle', bold: true, mono: true, size: 13 }),
    ...names.flatMap((name, j) => [
      rect(j * (NODE.w + GAP), DROP, NODE.w, NODE.h, tone, look, 4),
      text(j * (NODE.w + GAP) + NODE.w / 2, DROP + 15, name, tone, { anchor: 'middle', mono: true, size: 11 }),
    ]),
  ];
}
const HOST = ['home', 'etc', 'usr', 'rootfs'];
const OWN = ['bin', 'etc', 'proc', 'dev'];

export function drawPivot(words: DrawWords, stage: Stage, available: number): Drawing {
  const say = words.pivot;
  const width = clampWidth(available, 640, 940);
  const [left, right] = [30, width - TREE - 40];
  const lifted = stage === 'lifted';
  const hostAt = lifted ? { x: right - 14, y: 46 } : { x: left, y: 46 };
  const ownAt = { x: right, y: lifted ? 176 : 46 };
  const title = (at: { x: number; y: number }, said: string, tone: Tone): Mark =>
    text(at.x + TREE / 2, at.y - 8, said, tone, { anchor: 'middle', bold: true, size: 12 });
  const host: Tone = stage === 'gone' ? 'ghost' : 'host';
  const arrow = stage === 'before' ? hostAt : ownAt;
  const from = stage === 'before' ? arrow.x + TREE / 2 + 120 : arrow.x - 40;
  const items: Item[] = [
    { key: 'own', x: ownAt.x, y: ownAt.y, marks: tree(OWN, 'own', false) },
    {
      key: 'own title',
      x: 0,
      y: 0,
      marks: [title(lifted ? { ...ownAt, y: ownAt.y + DROP + 46 } : ownAt, say.own, 'own')],
    },
    { key: 'host', x: hostAt.x, y: hostAt.y, marks: tree(HOST, host, stage === 'gone') },
    { key: 'host title', x: 0, y: 0, marks: [title(hostAt, say.host, host === 'ghost' ? 'quiet' : host)] },
    {
      key: 'root',
      x: 0,
      y: 0,
      marks: [
        text(from - (stage === 'before' ? -2 : 6), arrow.y + 15, say.root, 'active', {
          anchor: stage === 'before' ? 'start' : 'end',
          bold: true,
          size: 12,
        }),
        path(
          polyline(
            [from, arrow.y + 11],
            [stage === 'before' ? arrow.x + TREE / 2 + 28 : arrow.x + TREE / 2 - 28, arrow.y + 11],
          ),
          'active',
          { width: 2.5, arrow: true },
        ),
      ],
    },
  ];
  if (stage === 'before') {
    const [x, y] = [left + 3 * (NODE.w + GAP) + NODE.w / 2, 46 + DROP + NODE.h];
    const end = right + TREE / 2;
    items.push({
      key: 'mounted',
      x: 0,
      y: 0,
      marks: [
        path(polyline([x, y], [x, y + 34], [end, y + 34], [end, 46 + DROP + NODE.h + 4]), 'mount', {
          width: 2,
          dashed: true,
          arrow: true,
        }),
        text((x + end) / 2, y + 28, fit(say.here, end - x - 12, 11), 'mount', { anchor: 'middle', size: 11 }),
      ],
    });
  }
  if (lifted) {
    const x = right - 14 + TREE / 2;
    items.push({
      key: 'put_old',
      x: 0,
      y: 0,
      marks: [
        path(polyline([x, 46 + DROP + NODE.h + 4], [x, 170]), 'host', { width: 2, dashed: true, arrow: true }),
        text(right - 30, 46 + 15, fit(say.putOld, right - 50, 12), 'host', { anchor: 'end', size: 12 }),
      ],
    });
  }
  if (stage === 'gone')
    items.push({
      key: 'let go',
      x: left + TREE / 2,
      y: 46 + DROP + 44,
      marks: [text(0, 0, `✗ ${say.letGo}`, 'failed', { anchor: 'middle', size: 12 })],
    });
  return {
    width,
    height: lifted ? 300 : 176,
    items,
    table: {
      columns: say.columns,
      rows: (['host', 'own'] as const).map((key) => ({ key, cells: [say[key], say.places[stage][key]] })),
    },
    summary: say.stages[stage],
  };
}
