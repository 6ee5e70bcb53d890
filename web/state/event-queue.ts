/**
 * Queues events between the connection and the page. An event is shown at once; events that arrive while the browser
 * draws are shown together after that. A picture per message would delay the newest events, and a change during drawing
 * would delay that drawing. While a long journal is loading, it is shown every PATIENCE_MS and at its end.
 */
const PATIENCE_MS = 250;

export class EventQueue<T> {
  #waiting: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawing = false;
  #soon = false;

  /** `after`: runs a callback when the page can show more. */
  constructor(
    private readonly show: (items: readonly T[]) => void,
    private readonly after: (then: () => void) => void,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  add(items: readonly T[], more: boolean): void {
    for (const item of items) this.#waiting.push(item);
    if (more) return void (this.#timer ??= setTimeout(() => this.settle(), PATIENCE_MS));
    // Cancel the timer of a long journal: its end is shown now.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#drawing || this.#soon) return;
    this.#soon = true;
    // Messages that have already arrived are handled first.
    setTimeout(() => this.#soon && !this.#drawing && this.settle());
  }

  /** Shows all queued events now. */
  settle(): void {
    this.#soon = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#waiting.length) return;
    const items = this.#waiting;
    this.#waiting = [];
    this.#drawing = true;
    this.after(() => {
      this.#drawing = false;
      // While a long journal is loading, its timer shows the rest.
      if (!this.#timer) this.settle();
    });
    this.show(items);
  }

  /** Discards all queued events. */
  drop(): void {
    this.#soon = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}
