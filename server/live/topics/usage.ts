/** What a container uses while a viewer watches, and changes of its limits while it runs. */
import { watchUsage, type Sample } from '../../../runtime/watch/usage.ts';
import { changeLimits, type LimitsNow, type WantedLimits } from '../../../runtime/engine/limits.ts';
import { optional, share, text, truth, whole } from '../ask/checks.ts';
import { LIMITS } from '../ask/limits.ts';
import { Watching } from '../ask/watching.ts';
import type { Answerers } from '../ask/topic.ts';

export interface UsageAsks {
  /** the samples of the last minute, if a viewer has watched; then `sample` messages until `on` is false */
  usage: { ask: { id: string; on: boolean }; answer: { samples: readonly Sample[] } };
  /**
   * changes limits: the write is in the journal like any other one, and the answer is what the kernel's files say after
   * it
   */
  limits: { ask: { id: string } & WantedLimits; answer: LimitsNow };
}

const watching = new Watching();

export const usageTopics: Answerers<UsageAsks> = {
  usage: {
    shape: { id: text, on: truth },
    answer: (asker, { id, on }) => {
      const { container } = asker.engine.container(id);
      if (!on) return (watching.end(asker, container.id), { samples: [] });
      let samples: readonly Sample[] = [];
      watching.begin(asker, container.id, () => {
        // a slow viewer gets only the newest sample: samples that it has not taken do not queue up
        const { kept, stop } = watchUsage(
          container,
          (sample) => asker.ahead() <= LIMITS.ahead && asker.tell({ type: 'sample', id: container.id, sample }),
        );
        samples = kept;
        return stop;
      });
      return { samples };
    },
  },
  limits: {
    shape: { id: text, memory: optional(whole(2 ** 50)), cpus: optional(share(4096)), pids: optional(whole(2 ** 22)) },
    answer: ({ engine }, { id, ...wanted }) => changeLimits(engine.container(id), wanted),
  },
};
