/**
 * The steps of the network phase: the steps of the endpoints' drivers, and around them the steps that all need. A
 * container with several endpoints has instances of them, `network.create-veth@front`: one endpoint is finished before
 * the next one begins.
 */
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Step } from '../../operation/step.ts';
import { connectionsOf } from './connections.ts';
import { stepsAt, type Part } from './instances.ts';
import type { Connected, Connection, EndpointStep, NetworkDriver } from '../driver.ts';
import { drivers, driverOf } from '../../drivers/network.ts';
import { nameSteps } from '../names/steps.ts';
import { closeNetlink, loopbackUp, openNetlink } from './sandbox-steps.ts';

/** The step with this id, for each endpoint whose driver has one. */
function stepsOf(c: Connected, part: Part, id: string): [step: EndpointStep, connection: Connection][] {
  return connectionsOf(c).flatMap((connection) => {
    const step = driverOf(connection.endpoint)[part].find((one) => one.id === id);
    return step && (step.when?.(connection) ?? true) ? [[step, connection] as const] : [];
  });
}

/** Turns a step of endpoints into a step of their container. */
function forEndpoints(part: Part, { id, title, explain, undo, inspect }: EndpointStep): Step<Connected> {
  return {
    id,
    title,
    explain,
    when: (c) => stepsOf(c, part, id).length > 0,
    async do(k, c) {
      for (const [step, connection] of stepsOf(c, part, id)) await step.do(k, connection);
    },
    ...(undo && {
      async undo(k, c) {
        for (const [step, connection] of stepsOf(c, part, id).reverse()) await step.undo?.(k, connection);
      },
    }),
    ...(inspect && {
      async inspect(k, c) {
        const found: InspectionSection[] = [];
        for (const [step, connection] of stepsOf(c, part, id))
          found.push(...((await step.inspect?.(k, connection)) ?? []));
        return found;
      },
    }),
  };
}

/** Drivers may share a step's id. It is listed once, with the texts of the first driver. */
function each(part: Part): Step<Connected>[] {
  const all = drivers.flatMap((driver: NetworkDriver) => driver[part]);
  return all
    .filter((step, j) => all.findIndex(({ id }) => id === step.id) === j)
    .map((step) => forEndpoints(part, step));
}

export const networkSteps: readonly Step<Connected>[] = [
  ...each('make'),
  ...each('plug'),
  openNetlink,
  loopbackUp,
  ...each('configure'),
  closeNetlink,
  ...each('admit'),
  ...nameSteps,
];

/** The steps for this container. */
export function networkStepsFor(c: Connected): readonly Step<Connected>[] {
  const [first, ...others] = c.endpoints;
  if (!first || !others.length) return networkSteps;
  return [
    ...stepsAt(first, 'make', 'plug'),
    openNetlink,
    loopbackUp,
    ...stepsAt(first, 'configure'),
    ...others.flatMap((endpoint) => stepsAt(endpoint, 'make', 'plug', 'configure')),
    closeNetlink,
    ...c.endpoints.flatMap((endpoint) => stepsAt(endpoint, 'admit')),
    ...nameSteps,
  ];
}
