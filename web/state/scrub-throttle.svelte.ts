/**
 * Throttles the pictures while the cursor is dragged through the journal or a key is held down. The cursor, its words
 * and its address follow at once. The pictures follow as often as the machine can draw them, and once more where the
 * cursor stops.
 */

/** Two moves within this time start the throttling; this long after the last move it ends. */
const CALM_MS = 120;
/** Drawing may take one SHARE-th of the time, and LEAST_MS must pass between two pictures. */
const SHARE = 6;
const LEAST_MS = 100;

export class ScrubThrottle {
  on = $state(false);
  /** the event that the pictures show while throttled */
  at = $state(-1);
  #wanted = -1;
  #last = Number.NEGATIVE_INFINITY;
  #drawing = false;
  #over: ReturnType<typeof setTimeout> | undefined;

  /** The cursor moves to `to`; `from` is where it was. */
  seek(from: number, to: number): void {
    const now = performance.now();
    this.#wanted = to;
    if (!this.on && now - this.#last < CALM_MS) {
      this.at = from;
      this.on = true;
    }
    this.#last = now;
    clearTimeout(this.#over);
    if (!this.on) return;
    this.#over = setTimeout(() => (this.on = false), CALM_MS);
    if (!this.#drawing) this.#draw();
  }

  #draw(): void {
    this.#drawing = true;
    const begun = performance.now();
    this.at = this.#wanted;
    // The second frame begins after the first was drawn.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const wait = Math.max(LEAST_MS, SHARE * (performance.now() - begun - 1000 / 60));
        setTimeout(() => {
          this.#drawing = false;
          if (this.on && this.at !== this.#wanted) this.#draw();
        }, wait);
      }),
    );
  }
}
