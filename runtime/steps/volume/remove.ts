/** volume-remove: checks that no container uses the volume, and deletes it with its files. */
import { conflict } from '../../errors/api-error.ts';
import type { Phase } from '../../operation/step.ts';
import type { VolumeSteps, VolumeWork } from '../../volume/driver.ts';

export const removeOf = (driver: Pick<VolumeSteps, 'remove'>): Phase<VolumeWork> => ({
  id: 'volume-remove',
  title: 'Remove a volume',
  steps: [
    {
      id: 'volume-remove.check-users',
      title: 'Ask which containers use it',
      explain: `Every container's record says which volumes it has, whether the container runs or not. The users of a volume are counted from these records each time: a counter of its own could be wrong after a daemon was killed.
A volume that a container still uses is not removed, because the container's next start would find an empty one. See the Docker Engine API specification, "Remove a volume".`,
      async do(k, { volume: { name }, volumes }) {
        const users = volumes.users(name);
        if (users.length) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
        k.fact({ kind: 'file', key: `volume ${name}`, value: 'no container uses it' });
      },
    },
    ...driver.remove,
  ],
});
