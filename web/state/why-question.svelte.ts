/** The question of the map, why A does not reach B: both ends, the answer, and the hop that is looked at. */
import type { Hop, Report } from '../../server/live/protocol.ts';
import type { Playground } from './playground.svelte.ts';

/** As a shell takes it. */
const quoted = (word: string) => (/^[\w./:@[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export class WhyQuestion {
  from = $state('');
  to = $state('');
  busy = $state(false);
  report = $state.raw<Report>();
  /** the daemon's words when the question cannot be asked */
  refused = $state('');
  /** the number of the hop that is looked at */
  at = $state(0);
  /** becomes true when the target's port is still to be typed */
  wantsTarget = $state(false);
  /** whether the next container pressed on the map is the target */
  #fromChosen = false;

  constructor(
    private readonly playground: Playground,
    from = 'host',
  ) {
    this.from = from;
  }

  /** The places on the way: names of containers, 'host', 'outside'. Before there is an answer, the first end. */
  get places(): readonly string[] {
    return this.report ? [...new Set(this.report.hops.map(({ where }) => where))] : [this.from];
  }
  /** The place of the hop that is looked at. */
  get place(): string | undefined {
    return this.report?.hops[this.at]?.where;
  }

  get command(): string {
    return `drydock why ${quoted(this.from)} ${quoted(this.to.trim())}`;
  }

  /** A container was pressed on the map: the first time it is where the packet comes from, then where it goes. */
  choose(name: string): void {
    if (!this.#fromChosen) this.from = name;
    else this.to = `${name}:`;
    this.wantsTarget = this.#fromChosen;
    this.#fromChosen = !this.#fromChosen;
  }

  async ask(): Promise<void> {
    const [from, to] = [this.from, this.to.trim()];
    if (this.busy || !to) return;
    this.busy = true;
    this.refused = '';
    this.wantsTarget = false;
    try {
      const report = await this.playground.connection.ask('why', { from, to });
      const stops = report.hops.findIndex((hop: Hop) => hop.stops);
      this.at = stops < 0 ? report.hops.length - 1 : stops;
      this.report = report;
    } catch (error) {
      this.report = undefined;
      this.refused = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
    }
  }
}
