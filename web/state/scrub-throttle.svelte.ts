/**
 * Somebody drags through the journal, or holds a key down. The cursor, its words and its address are there at once; the
 * pictures come after as often as the machine can draw them beside it, and for the place where one stops.
 */

/** Two places within this time are a hurry; so long after the last one it is over. */
const CALM_MS = 120;
/** Pictures may take this part of the time, and need not come more often than one can see. */
const SHARE = 6;
const LEAST_MS = 100;

export class Hurry {
  on = $state(false);
  /** where the pictures are meanwhile */
  at = $state(-1);
  #wanted = -1;
  #last = Number.NEGATIVE_INFINITY;
  #drawing = false;
  #over: ReturnType<typeof setTimeout> | undefined;

  /** Another place is looked at: `from` is the one before. */
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
    // the frame after the one that shows it: then it has been drawn
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
