/** pause and unpause: the freezer stops every process of the group at once. */
import type { Phase } from '../../container/step.ts';

export const pause: Phase = {
  id: 'pause',
  title: 'Pause',
  steps: [
    {
      id: 'pause.freeze',
      title: 'Freeze the control group',
      explain: `The freezer takes all processes of the group off the processor at once. Unlike SIGSTOP they do not notice, cannot refuse, and their parents are told nothing. See cgroups(7), freezer.`,
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
