/** What has happened on the machine, as the daemon tells it, and the time line's axis with it. */
import type { MachinePast } from '../../server/live/protocol.ts';
import { Axis, type Stop } from '../past/axis.ts';
import { momentsOf, type Happening } from '../past/lanes.ts';
import type { Moves } from './moves.svelte.ts';

const nothing: MachinePast = { stretches: [], changes: [] };

export class PastFeed {
  past = $state.raw<MachinePast>(nothing);
  readonly moments: readonly Happening[] = $derived.by(() => momentsOf(this.past, this.playground.id));
  readonly axis = $derived.by(() => new Axis(this.playground.events, this.moments));

  constructor(private readonly playground: Moves) {}

  /** Returns a function that ends it. */
  watch(): () => void {
    const { playground } = this;
    if (playground.link !== 'open' || playground.recording) return () => undefined;
    const deaf = playground.hear((message) => void (message.type === 'past' && (this.past = message.past)));
    playground.connection.ask('past', { on: true }).catch((error: Error) => (playground.message = error.message));
    return () => {
      deaf();
      playground.connection.ask('past', { on: false }).catch(() => undefined);
    };
  }

  /** The cursor's place on the axis; its end is the present. */
  readonly value = $derived.by(() => {
    const { at, k, shown } = this.playground;
    const end = Math.max(0, this.axis.length - 1);
    if (at !== undefined) return this.axis.ofTime(at);
    return k === undefined && !this.playground.recording ? end : shown < 0 ? 0 : this.axis.ofEvent(shown);
  });
  /** The moment of the machine that the cursor is at, if it is at none of the journal's events. */
  readonly happening = $derived.by(() =>
    this.playground.at === undefined ? undefined : this.moments.findLast(({ time }) => time <= this.playground.at!),
  );

  /** Moves the cursor to that place of the axis. */
  move(value: number): void {
    const to: Stop = value >= this.axis.length - 1 ? {} : this.axis.stop(Math.max(0, value));
    if (to.at !== undefined) this.playground.lookBack(to.at);
    else this.playground.seek(to.k);
  }
  step(by: 1 | -1): void {
    this.move(this.axis.next(this.value, by));
  }
}
