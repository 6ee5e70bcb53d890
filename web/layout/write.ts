/**
 * `npm run layout`: lays out the state machine and writes web/draw/machine-layout.ts. A test fails when that file is
 * out of date.
 */
import { writeFileSync } from 'node:fs';
import { layOut } from './elk.ts';
import type { Layout } from './layout.ts';
import { lifecycle } from './lifecycle.ts';

const entries = (of: Layout): string => `{
  width: ${of.width}, height: ${of.height},
  states: {
${Object.entries(of.states)
  .map(([state, box]) => `    ${state}: ${literal(box)},`)
  .join('\n')}
  },
  edges: [
${of.edges.map((edge) => `    ${literal(edge)},`).join('\n')}
  ],
}`;
const literal = (value: object): string =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, ' $1: ')
    .replace(/\}$/, ' }')
    .replaceAll('"', "'")
    .replaceAll('],[', '], [')
    .replaceAll(',', ', ')
    .replaceAll(/, +/g, ', ');

const [narrow, wide] = await Promise.all((['narrow', 'wide'] as const).map((size) => layOut(lifecycle(), size)));
writeFileSync(
  'web/draw/machine-layout.ts',
  `/** The state machine as the Eclipse Layout Kernel laid it out. Written by web/layout (npm run layout), not by hand. */
import type { Layout } from '../layout/layout.ts';

export const narrow: Layout = ${entries(narrow!)};
/** With room for words and durations on all edges. */
export const wide: Layout = ${entries(wide!)};
`,
);
