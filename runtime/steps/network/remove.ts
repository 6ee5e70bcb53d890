/** network rm: what the driver has on the host, and then the record. */
import type { Phase, Step } from '../../operation/step.ts';
import { forgetNetwork, stepsOfDrivers, type NetworkSubject } from './create.ts';

const forget: Step<NetworkSubject> = {
  id: 'network-remove.forget',
  title: 'Forget the network',
  explain: `The directory with the record and the leases is deleted.

It comes last: as long as the record is there, a daemon that was killed in the middle of the removal finds the network again and goes on. Containers that were on it, and are stopped, cannot be started until they are disconnected from it. See unlink(2), rmdir(2).`,
  do: forgetNetwork,
};

export const networkRemove: Phase<NetworkSubject> = {
  id: 'network-remove',
  title: 'Remove a network',
  steps: [...stepsOfDrivers('remove'), forget],
};
