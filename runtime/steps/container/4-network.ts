/**
 * Phase 4: connects an empty network namespace to a network. The container's endpoints decide which steps apply:
 * network/driver.ts.
 */
import { networkSteps } from '../../network/phase/steps.ts';
import type { Phase } from '../../container/step.ts';

export const network: Phase = { id: 'network', title: 'Connect the network', steps: networkSteps };
