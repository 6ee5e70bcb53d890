/**
 * Events on their way from the connection to the page. What comes alone is shown at once; what comes in a burst is shown together, because
 * every time costs a picture. A long journal that is on its way is shown when it is here, and now and then until then.
 */
const PICTURE_MS = 40;
const PATIENCE_MS = 250;

export class Arrivals<T> {
  #waiting: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown = Number.NEGATIVE_INFINITY;

  constructor(private readonly show: (items: readonly T[]) => void) {}

  get length(): number { return this.#waiting.length; }

  add(items: readonly T[], more: boolean): void {
    for (const item of items) this.#waiting.push(item);
    const wait = this.#shown + (more ? PATIENCE_MS : PICTURE_MS) - performance.now();
    if (!more && wait <= 0) return this.settle();
    // a timer that has been set for a long journal is too late for its end
    if (!more) clearTimeout(this.#timer), (this.#timer = undefined);
    this.#timer ??= setTimeout(() => this.settle(), more ? PATIENCE_MS : wait);
  }

  /** Shows what waits. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#waiting.length) return;
    const items = this.#waiting;
    this.#waiting = [];
    this.#shown = performance.now();
    this.show(items);
  }

  /** Nobody wants to see it any more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}
