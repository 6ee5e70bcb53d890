/** pause and unpause: the freezer stops every process of the group at once. */
import type { Phase } from '../../container/step.ts';

export const pause: Phase = {
  id: 'pause',
  title: 'Pause',
  steps: [
    {
      id: 'pause.freeze',
      title: 'Freeze the control group',
      explain: `The freezer takes all processes of the group off the processor at once. Unlike with SIGSTOP, the processes do not notice it and cannot ignore it, and their parents get no signal. See cgroups(7), freezer.`,
      do: (k, c) => c.cgroup.freeze(k),
      undo: (k, c) => c.cgroup.thaw(k),
      inspect: async (_k, c) => c.cgroup.inspect(),
    },
  ],
};
export const unpause: Phase = {
  id: 'unpause',
  title: 'Unpause',
  steps: [
    {
      id: 'unpause.thaw',
      title: 'Thaw the control group',
      explain: `Every process goes on exactly where it was. See cgroups(7), freezer.`,
      do: (k, c) => c.cgroup.thaw(k),
      inspect: async (_k, c) => c.cgroup.inspect(),
    },
  ],
};
