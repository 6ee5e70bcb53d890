/** The daemon's measurements of the selected container, while a picture needs them. */
import type { LimitsNow, WantedLimits } from '../../runtime/engine/limits.ts';
import type { Sample } from '../../server/live/protocol.ts';
import type { Playground } from './playground.svelte.ts';

/** number of samples: one minute, as in the daemon */
const KEPT = 240;

/**
 * How many pictures watch a container. When one replaces another, the new one may start before the old one has ended.
 */
const looking = new Map<string, number>();

export class UsageFeed {
  samples = $state.raw<readonly Sample[]>([]);

  constructor(private readonly playground: Playground) {}

  /**
   * Returns a function that ends it. Without a connection nothing is requested, and old samples are not shown as new
   * ones.
   */
  watch(): () => void {
    const { playground } = this;
    const { id, connection } = playground;
    this.samples = [];
    if (!id || playground.link !== 'open') return () => undefined;
    const deaf = playground.hear((message) => {
      if (message.type === 'sample' && message.id === id) this.samples = [...this.samples, message.sample].slice(-KEPT);
    });
    looking.set(id, (looking.get(id) ?? 0) + 1);
    connection.ask('usage', { id, on: true }).then(
      ({ samples }) => (this.samples = [...samples, ...this.samples].slice(-KEPT)),
      () => undefined,
    );
    return () => {
      deaf();
      looking.set(id, looking.get(id)! - 1);
      if (looking.get(id)) return;
      looking.delete(id);
      connection.ask('usage', { id, on: false }).catch(() => undefined);
    };
  }

  change(wanted: WantedLimits): Promise<LimitsNow> {
    const { connection, id } = this.playground;
    return connection.ask('limits', { id, ...wanted });
  }
}
