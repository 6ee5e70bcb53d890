/** The end of anonymous volumes, with the container that they were made for. */
import type { Container } from '../../../container/container.ts';
import type { Step } from '../../../container/step.ts';
import { driverNamed } from '../../../drivers/volume.ts';

const anonymous = ({ mounts }: Container): string[] =>
  mounts.filter((point) => point.type === 'volume' && point.anonymous).map(({ name }) => name);

export const removeVolumes: Step = {
  id: 'remove.anonymous-volumes',
  title: 'Remove the volumes without a name',
  explain: `\`rm -v\` and \`run --rm\` take the volumes with the container that got no name from a user. Nothing else refers to such a volume, and its name of 64 digits is hard to remember.
A volume with a name always stays, because it was made to outlive containers. One that another container still has, by \`--volumes-from\`, stays too. See the Docker Engine API specification, "Remove a container", and unlinkat(2).`,
  when: (c) => c.takesVolumes && anonymous(c).length > 0,
  async do(k, c) {
    for (const name of anonymous(c))
      await c.volumes.inTurn(name, async () => {
        const volume = c.volumes.find(name);
        if (!volume || c.volumes.users(name).some((id) => id !== c.id)) return;
        for (const step of driverNamed(volume.driver).remove) await step.do(k, { volume, volumes: c.volumes });
      });
  },
};
