/** What the daemon measures of the container that is shown, as long as a picture wants to know. */
import type { LimitsNow, WantedLimits } from '../../runtime/engine/limits.ts';
import type { Sample } from '../../server/live/protocol.ts';
import type { Playground } from './playground.svelte.ts';

/** a minute, as the daemon keeps */
const KEPT = 240;

/**
 * How many pictures look at a container: when one is exchanged for another, the new one may begin before the old one
 * has ended.
 */
const looking = new Map<string, number>();

export class UsageFeed {
  samples = $state.raw<readonly Sample[]>([]);

  constructor(private readonly playground: Playground) {}

  /** Returns what ends it. Without a connection nothing is asked, and nothing old is shown as if it were new. */
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
