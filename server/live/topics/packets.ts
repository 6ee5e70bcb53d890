/** The packets of a container, while a viewer watches them. */
import { watchPackets } from '../../../runtime/watch/packets.ts';
import { rewritesKnown } from '../../../runtime/watch/rewrites.ts';
import { text, truth } from '../ask/checks.ts';
import { LIMITS } from '../ask/limits.ts';
import { Watching } from '../ask/watching.ts';
import type { Answerers } from '../ask/topic.ts';

export interface PacketAsks {
  /** sends `packets` messages until `on` is false; `conntrack`: whether the kernel reports address rewriting */
  packets: { ask: { id: string; on: boolean }; answer: { conntrack: boolean } };
}

const watching = new Watching();

export const packetTopics: Answerers<PacketAsks> = {
  packets: {
    shape: { id: text, on: truth },
    answer: (asker, { id, on }) => {
      const { container } = asker.engine.container(id);
      if (!on) watching.end(asker, container.id);
      // packets that a slow viewer cannot take are left out and not sent later, because they would be out of date
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
