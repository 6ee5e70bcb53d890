/**
 * What the machine and the lists beside the picture that is looked at show. They follow one frame of the browser behind
 * it: styles and layout of a hundred steps would hold it up by as much time as it takes itself.
 */
import { begin, type Frame } from '../../runtime/journal/frame.ts';
import type { Event } from '../../server/live/protocol.ts';
import { drawn } from './after-paint.ts';

export interface Shown {
  frame: Frame;
  previous: Frame | undefined;
  events: readonly Event[];
  k: number;
}

export class Beside {
  shown = $state.raw<Shown>({ frame: begin(), previous: undefined, events: [], k: -1 });
  #asked = false;

  /** Something else is in the picture: when it is drawn, `newest` says what. */
  follow(newest: () => Shown): void {
    if (this.#asked) return;
    this.#asked = true;
    drawn(() => {
      this.#asked = false;
      this.shown = newest();
    });
  }
}
