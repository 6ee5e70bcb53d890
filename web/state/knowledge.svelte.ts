/** The page's data: the list, one container's journal, and one cursor. Everything else is derived from these. */
import { eventAt } from '../past/axis.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { Frames } from '../../runtime/journal/frames.ts';
import type { SideName } from '../../runtime/journal/compare.ts';
import type { Event, Listed, PhaseText, Told } from '../../server/live/protocol.ts';
import type { Recording } from '../../server/recording/format.ts';
import { speech } from '../words/language.svelte.ts';
import { EventQueue } from './event-queue.ts';
import { DeferredFrame, type Shown } from './deferred-frame.svelte.ts';
import { Connection, type Link, type Listener, type Wire } from './connection.ts';
import { drawn } from './after-paint.ts';
import { A_FILE, Address, readHash, writeHash, type Near } from './hash.ts';
import { Recorded } from './recorded.ts';
import { ScrubThrottle } from './scrub-throttle.svelte.ts';
import { callAtGate, isMoving } from './phase-order.ts';
import type { RunFile } from './run-file.ts';
import { tellTerminal, type TerminalEvents } from './terminal-events.ts';

/** A new container is shown after this time even if none of its events has arrived. */
const AWAITED_MS = 100;

export class Knowledge {
  link = $state<Link>('connecting');
  version = $state('');
  #phasesTold = $state.raw<readonly PhaseText[]>([]);
  /** in the page's language */
  readonly phases: readonly PhaseText[] = $derived(this.#phasesTold.map((phase) => speech.spoken.phase(phase)));
  list = $state.raw<readonly Listed[]>([]);
  id = $state('');
  /** the open lesson; '' is the list of lessons */
  lesson = $state<string | undefined>(undefined);
  /** the selected picture; '' is the first */
  tab = $state('');
  events = $state.raw<readonly Event[]>([]);
  /** the selected event; undefined: follow the newest */
  k = $state<number | undefined>(undefined);
  /** a moment of the machine's past (ms since 1970) that is selected instead of an event */
  at = $state<number | undefined>(undefined);
  sel = $state<string | undefined>(undefined);
  /** what is seen of the map: its scale, and the middle as parts of its width and height; undefined: all of it */
  view = $state<string | undefined>(undefined);
  /** how close the map is to the container; 0 while the container has the page for itself */
  near = $state<Near>(0);
  /** the part of the cutaway that is shown alone */
  part = $state<string | undefined>(undefined);
  over = $state(false);
  /** the run to compare with, and the step selected in both */
  against = $state('');
  comparedStep = $state<string | undefined>(undefined);
  /** recordings from the disk that replace a side of the comparison */
  files = $state.raw<Partial<Record<SideName, RunFile>>>({});
  readonly hurry = new ScrubThrottle();
  readonly beside = new DeferredFrame();
  message = $state('');

  /** a recording is always in the past */
  readonly live = $derived.by(() => this.k === undefined && this.at === undefined && !this.recording);
  /** -1: before the first event */
  readonly shown = $derived(
    this.at === undefined
      ? Math.min(this.k ?? this.events.length - 1, this.events.length - 1)
      : eventAt(this.events, this.at),
  );
  #frames = new Frames();
  readonly frame = $derived(this.#frames.at(this.events, this.shown));
  /**
   * the event that the pictures show: the cursor, or an earlier place while it is dragged faster than they can be drawn
   */
  readonly pictured = $derived(this.hurry.on ? Math.min(this.hurry.at, this.events.length - 1) : this.shown);
  readonly picture = $derived(this.pictured === this.shown ? this.frame : this.#frames.at(this.events, this.pictured));
  readonly previous = $derived(this.pictured > 0 ? this.#frames.at(this.events, this.pictured - 1) : undefined);
  readonly drawing: Shown = $derived({
    frame: this.picture,
    previous: this.previous,
    events: this.events,
    k: this.pictured,
  });
  readonly newest = $derived(this.live ? this.frame : this.#frames.at(this.events, this.events.length - 1));
  readonly event = $derived(this.events[this.shown]);
  /** The frame after event `k`. */
  frameOf(k: number): Frame {
    return this.#frames.at(this.events, k);
  }
  readonly row = $derived(this.list.find(({ id }) => id === this.id));
  /** an operation without a container has no process, no namespaces and no network */
  readonly isOperation = $derived(
    this.row ? this.row.operation !== undefined : this.events[0]?.type === 'state' && this.events[0].from === 'begun',
  );
  /** an operation that is not in the list any more is known by its first phase */
  readonly isBuild = $derived(
    this.row
      ? this.row.operation === 'build'
      : this.events.slice(0, 8).some((event) => event.type === 'phase' && event.phase === 'build'),
  );
  /** the pause of the running operation, independent of the cursor */
  readonly held = $derived(this.newest.paused);
  /** steps are being executed and the gate does not hold them */
  readonly underWay = $derived(!this.held && isMoving(this.row?.machine));
  readonly steps = $derived(new Map(this.phases.flatMap(({ steps }) => steps).map((step) => [step.id, step])));
  /** the call that waits at the gate */
  readonly nextCall = $derived(this.held?.next ? callAtGate(this.events) : undefined);

  readonly terminals = new Map<number, TerminalEvents>();
  readonly #hearers = new Set<(message: Told) => void>();
  readonly connection: Wire;

  /** `recording`: shown instead of the daemon's data. */
  constructor(readonly recording?: Recording) {
    const listener: Listener = {
      told: (message) => this.#told(message),
      output: (n, bytes) => this.terminals.get(n)?.output(bytes),
      link: (state) => this.#linked(state),
    };
    this.connection = recording ? new Recorded(recording, listener) : new Connection(listener);
  }

  start(): void {
    this.#fromHash();
    addEventListener('hashchange', () => this.#fromHash());
    this.connection.open();
  }

  /**
   * Registers a listener for all messages of the daemon, for data that only some pictures need. Returns a function that
   * removes it.
   */
  hear(hearer: (message: Told) => void): () => void {
    this.#hearers.add(hearer);
    return () => void this.#hearers.delete(hearer);
  }

  #linked(state: Link): void {
    this.link = state;
    // After a reconnection the missed events are read from the journal.
    if (state === 'open' && this.id) this.#follow();
  }

  #told(message: Told): void {
    for (const hear of this.#hearers) hear(message);
    switch (message.type) {
      case 'hello':
        this.version = message.version;
        this.#phasesTold = message.phases;
        break;
      case 'containers':
        this.#listed(message.list);
        break;
      case 'events':
        this.#happened(message);
        break;
      case 'renumbered':
        if (message.id === this.id) this.#again();
        break;
      case 'over':
        if (message.id === this.id) this.over = true;
        break;
      case 'ended':
      case 'gap':
        tellTerminal(this.terminals.get(message.terminal), message);
    }
  }

  #happened({ id, events, more }: Told & { type: 'events' }): void {
    const first = id === this.#awaited?.id;
    if (first) this.#greet(id);
    if (id === this.id) this.#learn(events, more ?? false);
    // The row and its first events appear in the same picture.
    if (first) this.#arrivals.settle();
  }

  /** Called when the run was stopped at the gate. */
  protected stands(): void {}
  /** Called when another container is selected. */
  protected leaves(): void {}

  readonly #arrivals = new EventQueue<Event>((events) => (this.events = this.events.concat(events)), drawn);
  #learn(events: readonly Event[], more: boolean): void {
    const known = this.events.length + this.#arrivals.length;
    const fresh = events.filter(({ seq }) => seq >= known);
    this.#arrivals.add(fresh, more);
    if (fresh.some((event) => event.type === 'gate' && event.at === 'paused')) this.stands();
  }

  /** a container that was just made and is not shown yet; `met` is called when it is shown */
  #awaited: { id: string; met(): void } | undefined;
  /**
   * Shows a container that was just made, together with its first events. They are about to arrive, and drawing an
   * empty picture first would delay them.
   */
  protected meet(id: string): Promise<void> {
    this.#awaited?.met();
    return new Promise((met) => {
      this.#awaited = { id, met };
      setTimeout(() => this.#awaited?.id === id && this.#greet(id), AWAITED_MS);
    });
  }
  #greet(id: string): void {
    this.open(id, true);
    if (!this.live) this.seek(undefined);
    this.#met();
  }
  #met(): void {
    this.#awaited?.met();
    this.#awaited = undefined;
    if (this.#newerList) this.list = this.#newerList;
    this.#newerList = undefined;
  }

  #newerList: readonly Listed[] | undefined;
  /** A new container is shown in the same picture as its first events. */
  #listed(list: readonly Listed[]): void {
    if (this.#awaited) this.#newerList = list;
    else this.list = list;
  }

  #follow(): void {
    const { id } = this;
    this.#arrivals.settle();
    void this.connection.ask('follow', { id, from: this.events.length }).catch((error: Error) => {
      if (this.id === id && !this.events.length) this.message = error.message;
    });
  }

  #fromHash(): void {
    const { id, k: place, at, sel, view, near = 0, part, against = '', step, lesson } = readHash(this.address.read());
    // Without an address a recording begins at its beginning.
    const k = this.recording && !id ? 0 : place;
    this.lesson = this.recording ? undefined : lesson;
    // A lesson selects its own container when the daemon has reported it.
    if (this.lesson === undefined) this.show(this.recording?.row.id ?? id);
    Object.assign(this, {
      k,
      at,
      sel,
      view,
      near,
      part,
      against: this.recording && against !== A_FILE ? '' : against,
      comparedStep: step,
    });
  }

  protected readonly address = new Address();
  protected toHash(): void {
    this.address.show(
      writeHash({
        id: this.id,
        k: this.k,
        at: this.at,
        sel: this.sel,
        view: this.view,
        near: this.near,
        part: this.part,
        against: this.against,
        step: this.comparedStep,
        lesson: this.lesson,
      }),
    );
  }

  /** Shows another container and ends a comparison. `followed`: its journal has been requested already. */
  open(id: string, followed = false): void {
    if (id === this.id && !this.against && !this.near) return;
    this.against = '';
    const { at } = this;
    this.show(id, followed);
    // one cursor for the whole machine: what is opened is shown as it was at the same moment
    this.at = at;
    this.near = 0;
    if (id && !this.recording && this.lesson === undefined)
      this.address.add(writeHash({ id, k: this.k, at, sel: this.sel }), followed);
  }

  protected show(id: string, followed = false): void {
    if (id === this.id) return;
    this.id = id;
    this.#met();
    this.#arrivals.drop();
    this.#frames = new Frames();
    this.events = [];
    this.over = false;
    this.k = this.at = this.sel = this.part = undefined;
    this.near = 0;
    this.message = '';
    this.leaves();
    if (id && this.link === 'open' && !followed) this.#follow();
  }

  /** Reads the same journal again from its beginning. */
  #again(): void {
    this.#arrivals.drop();
    this.#frames = new Frames();
    this.events = [];
    this.k = this.at = this.sel = undefined;
    this.#follow();
  }

  seek(k: number | undefined): void {
    const from = this.shown;
    this.at = undefined;
    this.k = k === undefined || k >= this.events.length ? undefined : Math.max(0, k);
    this.hurry.seek(from, this.shown);
    this.toHash();
  }
}
