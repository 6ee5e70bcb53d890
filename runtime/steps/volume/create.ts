/** volume-create: a directory for files that outlive containers, and the record that says so. */
import type { Phase } from '../../operation/step.ts';
import type { VolumeSteps, VolumeWork } from '../../volume/driver.ts';

export const createOf = (driver: Pick<VolumeSteps, 'create'>): Phase<VolumeWork> => ({
  id: 'volume-create',
  title: 'Create a volume',
  steps: [
    ...driver.create,
    {
      id: 'volume-create.write-record',
      title: 'Write down what the volume is',
      explain: `Name, driver, options and labels go into \`volume.json\`. From this moment on the volume exists: containers may use it, and the next daemon finds it.
The file is written beside its place, given to the disk with fsync(2) and moved there with rename(2), so that after a power cut it is there as a whole or not at all. A list in the daemon's memory would end with the daemon. See fsync(2), rename(2).`,
      async do(k, { volume, volumes }) {
        volumes.add(volume);
        k.fact({ kind: 'file', key: 'volume.json', value: volumes.paths(volume.name).record });
      },
    },
  ],
});
