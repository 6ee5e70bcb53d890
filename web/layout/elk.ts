/**
 * Lays the lifecycle out with the Eclipse Layout Kernel's layered algorithm: columns from left to right, edges at right
 * angles, as few crossings as it finds. Not in the page, where it would be the biggest part by far: `npm run layout`
 * writes what comes out into web/draw/machine-layout.ts.
 * The options: https://eclipse.dev/elk/reference/algorithms/org-eclipse-elk-layered.html
 */
import ELK, { type ElkExtendedEdge, type ElkNode, type ElkPort } from 'elkjs/lib/elk.bundled.js';
import type { Edge, Layout, Point } from './layout.ts';
import type { Lifecycle, Transition } from './lifecycle.ts';

const H = 42;
/** Boxes and edges only, or with room for words on the edges as well. */
export type Size = 'narrow' | 'wide';
const sizes: Record<Size, { least: number; labelled(transition: Transition): boolean }> = {
  narrow: { least: 60, labelled: () => false },
  // all those that fail run together, and say once why
  wide: { least: 72, labelled: ({ to }) => to !== 'unwinding' },
};
/** A line above the edge and one below it. */
const LABEL = 28;
const boxOf = (state: string, least: number): number => Math.max(least, Math.round(17 + state.length * 6.6));
const roomOf = ({ on }: Transition): number => (on === 'done' ? 46 : 6 + Math.round(on.length * 7));

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.padding': '[top=3,left=3,bottom=3,right=3]',
  'elk.spacing.nodeNode': '14',
  'elk.spacing.edgeEdge': '7',
  'elk.spacing.edgeNode': '8',
  'elk.spacing.edgeLabel': '0',
  'elk.spacing.labelLabel': '2',
  'elk.layered.spacing.nodeNodeBetweenLayers': '13',
  'elk.layered.spacing.edgeNodeBetweenLayers': '6',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '6',
  'elk.layered.thoroughness': '40',
  'elk.randomSeed': '1',
};

/**
 * The way up leads right and what follows left, back under it, or the picture would be eleven columns wide; but these
 * lead right too.
 */
const RIGHT = new Set(['created>removing', 'running>paused', 'unwinding>exited', 'failed>pulling', 'failed>removing']);
/** From where it begins through what is done, as far as to the last phase before the program runs. */
function wayUp({ initial, transitions }: Lifecycle): string[] {
  const after = (state: string) =>
    transitions.find(({ from, on, guard }) => from === state && !guard && (on === 'START' || on === 'done'))?.to;
  const way = [initial];
  for (let next = after(initial); next && !way.includes(next); next = after(next)) way.push(next);
  // what has no more to be done is not the way up, but its end
  return way.slice(0, -1);
}

/**
 * Each kind of edge has a port of its own at a state, so that what happens for the same reason runs together: failures
 * leave below, and arrive as one line.
 */
interface Ends {
  out: string;
  into: string;
  back: boolean;
}
function endsOf({ from, to, on }: Transition, up: readonly string[]): Ends {
  const back = !(up.includes(from) && up.includes(to)) && !RIGHT.has(`${from}>${to}`);
  if (to === 'unwinding') return { out: `${from} failed SOUTH`, into: `${to} failed EAST`, back };
  return { out: `${from} ${on} out ${back ? 'WEST' : 'EAST'}`, into: `${to} ${on} in ${back ? 'EAST' : 'WEST'}`, back };
}
const portsOf = (state: string, ends: readonly Ends[]): ElkPort[] =>
  [...new Set(ends.flatMap(({ out, into }) => [out, into]))]
    .filter((id) => id.startsWith(`${state} `))
    .map((id) => ({ id, width: 0, height: 0, layoutOptions: { 'elk.port.side': id.split(' ').at(-1)! } }));

export async function layOut(graph: Lifecycle, size: Size): Promise<Layout> {
  const { least, labelled } = sizes[size];
  const up = wayUp(graph);
  const ends = graph.transitions.map((transition) => endsOf(transition, up));
  const edges = graph.transitions.map((transition, j): ElkExtendedEdge => {
    const { out, into, back } = ends[j]!;
    const labels = labelled(transition)
      ? [
          {
            text: transition.on,
            width: roomOf(transition),
            height: LABEL,
            layoutOptions: { 'elk.edgeLabels.inline': 'true' },
          },
        ]
      : [];
    return { id: String(j), sources: [back ? into : out], targets: [back ? out : into], labels };
  });
  const children = graph.states.map((id): ElkNode => ({
    id,
    width: boxOf(id, least),
    height: H,
    ports: portsOf(id, ends),
    layoutOptions: { 'elk.portConstraints': 'FIXED_SIDE' },
  }));
  const laid: ElkNode = await new ELK().layout({ id: 'lifecycle', layoutOptions: OPTIONS, children, edges });
  return {
    width: Math.ceil(laid.width!),
    height: Math.ceil(laid.height!),
    states: Object.fromEntries(
      laid.children!.map(({ id, x, y, width, height }) => [
        id,
        { x: Math.round(x!), y: Math.round(y!), w: width!, h: height! },
      ]),
    ),
    edges: graph.transitions.map((transition, j) => ({ ...transition, ...drawn(laid.edges![j]!, ends[j]!.back) })),
  };
}

function drawn(
  { sections = [], labels = [] }: ElkExtendedEdge,
  back: boolean,
): Pick<Edge, 'points' | 'label' | 'room'> {
  const points = sections
    .flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
    .map(({ x, y }): Point => [Math.round(x), Math.round(y)]);
  const [label] = labels;
  return {
    points: back ? points.reverse() : points,
    ...(label && {
      label: [Math.round(label.x! + label.width! / 2), Math.round(label.y! + label.height! / 2)] as Point,
      room: label.width!,
    }),
  };
}
