/** rm: removes the rw layer, and with it the container; its anonymous volumes when asked to. */
import type { StorageSteps } from '../../storage/driver.ts';
import type { Phase } from '../../container/step.ts';
import { removeImages } from './rw-layer/images.ts';
import { removeVolumes } from './remove/volumes.ts';

export const removeOf = (driver: Pick<StorageSteps, 'remove'>): Phase => ({
  id: 'remove',
  title: 'Remove the container',
  steps: [...driver.remove, removeImages, removeVolumes],
});
