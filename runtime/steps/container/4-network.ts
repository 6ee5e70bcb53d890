/**
 * Phase 4: connects an empty network namespace to a network. The container's endpoints decide which steps apply:
 * network/driver.ts.
 */
import { nameSteps } from '../../network/names/steps.ts';
import { networkSteps, networkStepsFor } from '../../network/phase/steps.ts';
import type { Container } from '../../container/container.ts';
import type { Phase, Step } from '../../container/step.ts';

/**
 * The root of a bundle keeps its own hosts, hostname and resolv.conf: nothing is mounted that config.json does not
 * name.
 */
const notInBundle = (step: Step): Step => ({
  ...step,
  when: (c: Container) => c.bundle === undefined && (step.when?.(c) ?? true),
});
const withoutNames = (steps: readonly Step[]): Step[] =>
  steps.map((step) => (nameSteps.includes(step) ? notInBundle(step) : step));

const steps = withoutNames(networkSteps);

export const network: Phase = {
  id: 'network',
  title: 'Connect the network',
  steps,
  stepsFor(c) {
    const own = networkStepsFor(c);
    return own === networkSteps ? steps : withoutNames(own);
  },
};
