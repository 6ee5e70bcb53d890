/**
 * Phase 4: a network namespace with nothing in it becomes a machine on a network. Which steps apply is up to the
 * container's endpoints: network/driver.ts.
 */
import { networkSteps } from '../../network/phase/steps.ts';
import type { Phase } from '../../container/step.ts';

export const network: Phase = { id: 'network', title: 'Connect the network', steps: networkSteps };
