/** A container's packets, while somebody looks at them. */
import { watchPackets } from '../../../runtime/watch/packets.ts';
import { rewritesKnown } from '../../../runtime/watch/rewrites.ts';
import { text, truth } from '../ask/checks.ts';
import { LIMITS } from '../ask/limits.ts';
import { Watching } from '../ask/watching.ts';
import type { Answerers } from '../ask/topic.ts';

export interface PacketAsks {
  /** `packets` as they pass, until `on` is false; `conntrack`: whether the kernel tells of rewriting */
  packets: { ask: { id: string; on: boolean }; answer: { conntrack: boolean } };
}

const watching = new Watching();

export const packetTopics: Answerers<PacketAsks> = {
  packets: {
    shape: { id: text, on: truth },
    answer: (asker, { id, on }) => {
      const { container } = asker.engine.container(id);
      if (!on) watching.end(asker, container.id);
      // what a slow viewer cannot take is left out, and it is not told late of what is long past
      else
        watching.begin(asker, container.id, () =>
          watchPackets(
            container,
            (caught) => asker.ahead() <= LIMITS.ahead && asker.tell({ type: 'packets', id: container.id, ...caught }),
          ),
        );
      return { conntrack: rewritesKnown() };
    },
  },
};
