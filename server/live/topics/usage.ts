/** What a container uses while somebody looks, and limits that are changed while it runs. */
import { watchUsage, type Sample } from '../../../runtime/watch/usage.ts';
import { changeLimits, type LimitsNow, type WantedLimits } from '../../../runtime/engine/limits.ts';
import { optional, share, text, truth, whole } from '../ask/checks.ts';
import { LIMITS } from '../ask/limits.ts';
import { Watching } from '../ask/watching.ts';
import type { Answerers } from '../ask/topic.ts';

export interface UsageAsks {
  /** the samples of the last minute, if somebody has looked; then `sample` as they are taken, until `on` is false */
  usage: { ask: { id: string; on: boolean }; answer: { samples: readonly Sample[] } };
  /** the write is in the journal like any other; answered with what the kernel's files say then */
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
        // a slow viewer gets the newest: what it has not taken yet is not piled up
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
