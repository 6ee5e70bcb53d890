/**
 * Events on their way from the connection to the page: shown at once, and what comes while the browser draws them
 * together, when it has drawn. A picture for each message would hold up the newest of them, and what comes into one
 * that is being drawn would hold that up. A long journal that is on its way is shown when it is here, and now and then
 * until then.
 */
const PATIENCE_MS = 250;

export class Arrivals<T> {
  #waiting: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawing = false;
  #soon = false;

  /** `after`: calls back when more can be shown. */
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
    // what has been set for a long journal is too late for its end
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#drawing || this.#soon) return;
    this.#soon = true;
    // behind the messages that are here already
    setTimeout(() => this.#soon && !this.#drawing && this.settle());
  }

  /** Shows what waits. */
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
      // of a long journal more than this is about to be here
      if (!this.#timer) this.settle();
    });
    this.show(items);
  }

  /** Nobody wants to see it any more. */
  drop(): void {
    this.#soon = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}
