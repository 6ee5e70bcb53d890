/**
 * Lays out the lifecycle with the layered algorithm of the Eclipse Layout Kernel: columns from left to right,
 * right-angled edges, few crossings. It is not part of the page, because it would be the biggest part by far: `npm run
 * layout` writes the result to web/draw/machine-layout.ts. The options:
 * https://eclipse.dev/elk/reference/algorithms/org-eclipse-elk-layered.html
 */
import ELK, { type ElkExtendedEdge, type ElkNode, type ElkPort } from 'elkjs/lib/elk.bundled.js';
import type { Edge, Layout, Point } from './layout.ts';
import type { Lifecycle, Transition } from './lifecycle.ts';

const H = 42;
/** narrow: boxes and edges only. wide: with room for labels on the edges. */
export type Size = 'narrow' | 'wide';
const sizes: Record<Size, { least: number; labelled(transition: Transition): boolean }> = {
  narrow: { least: 60, labelled: () => false },
  // All failures share one line with one label.
  wide: { least: 72, labelled: ({ to }) => to !== 'unwinding' },
};
/** Height of a label in pixels: one text line above the edge and one below it. */
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
 * The start leads to the right; what follows returns to the left below it, because otherwise the picture would be
 * eleven columns wide. These edges lead right as well.
 */
const RIGHT = new Set(['created>removing', 'running>paused', 'unwinding>exited', 'failed>pulling', 'failed>removing']);
/** From the initial state along START and `done` transitions to the last state before the program runs. */
function wayUp({ initial, transitions }: Lifecycle): string[] {
  const after = (state: string) =>
    transitions.find(({ from, on, guard }) => from === state && !guard && (on === 'START' || on === 'done'))?.to;
  const way = [initial];
  for (let next = after(initial); next && !way.includes(next); next = after(next)) way.push(next);
  // The last state has no such transition: it is the end of the start, not part of it.
  return way.slice(0, -1);
}

/**
 * Each kind of edge has its own port at a state, so that edges of one kind run together: failures leave at the bottom
 * and arrive as one line.
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
