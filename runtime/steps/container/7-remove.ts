/** rm: removes the rw layer, and with it the container. */
import type { StorageSteps } from '../../storage/driver.ts';
import type { Phase } from '../../container/step.ts';

export const removeOf = (driver: Pick<StorageSteps, 'remove'>): Phase => ({
  id: 'remove',
  title: 'Remove the container',
  steps: [...driver.remove],
});
