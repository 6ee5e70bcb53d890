/** What the kernel reports about a container now: `drydock inspect --live`, and `inspect` at a pause. */
import type { Kernel } from '../kernel/kernel.ts';
import { shimOf } from '../kernel/process/shim.ts';
import { mountsOf, namespacesOf, rightsOf, rootOf, treeOf } from '../kernel/process/inspect.ts';
import { connectionsOf } from '../network/phase/connections.ts';
import { driverOf } from '../drivers/network.ts';
import { insideEvidence } from '../network/sandbox/evidence.ts';
import { stepOf } from '../journal/step-id.ts';
import { phases, walkWith } from '../steps/phases.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { Container } from '../container/container.ts';
import { notFound } from '../errors/api-error.ts';

/** A section that cannot be read contains the error, and the other sections are still shown. */
async function attempt(title: string, read: () => Promise<InspectionSection[]>): Promise<InspectionSection[]> {
  try {
    return await read();
  } catch (error) {
    return [{ title, lines: [`(not available: ${error instanceof Error ? error.message : String(error)})`] }];
  }
}

/** What the host's kernel has for the container's endpoints. */
async function endpointEvidence(k: Kernel, c: Container): Promise<InspectionSection[]> {
  const found: InspectionSection[] = [];
  for (const connection of connectionsOf(c))
    for (const inspect of driverOf(connection.endpoint).inspect)
      found.push(...(await attempt('network of the host', () => inspect(k, connection))));
  return found;
}

/** With `step`, only what that step inspects. */
export async function liveEvidence(k: Kernel, c: Container, step?: string): Promise<InspectionSection[]> {
  if (step) {
    const found = walkWith(c)
      .starting.flatMap((phase) => [...(phase.stepsFor?.(c) ?? []), ...phase.steps])
      .find((s) => s.id === step);
    if (!found && !phases.some((phase) => phase.steps.some((s) => s.id === stepOf(step))))
      throw notFound(`No such step: ${step}`);
    return found?.inspect ? attempt(step, () => found.inspect!(k, c)) : [];
  }
  const { pid } = c.live;
  const process = pid
    ? [namespacesOf(pid), rootOf(pid), treeOf(shimOf(c) ?? pid), mountsOf(pid), rightsOf(pid)]
    : [{ title: 'process', lines: ['(none)'] }];
  return [
    ...process,
    ...(await attempt('cgroup', () => c.cgroup.inspect())),
    ...(pid ? await attempt('network inside', () => insideEvidence(k, c)) : []),
    ...(await endpointEvidence(k, c)),
    ...c.storage.inspect(c),
  ];
}
