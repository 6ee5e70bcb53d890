/** The daemon's map of the machine, while the page shows it. */
import type { MachineMap } from '../../server/live/protocol.ts';
import type { Playground } from './playground.svelte.ts';

export class MapFeed {
  map = $state.raw<MachineMap>();

  constructor(private readonly playground: Playground) {}

  /** Returns a function that ends it. */
  watch(): () => void {
    const { playground } = this;
    const { connection } = playground;
    if (playground.link !== 'open') return () => undefined;
    const deaf = playground.hear((message) => void (message.type === 'map' && (this.map = message.map)));
    connection.ask('map', { on: true }).catch((error: Error) => (playground.message = error.message));
    return () => {
      deaf();
      connection.ask('map', { on: false }).catch(() => undefined);
    };
  }
}
