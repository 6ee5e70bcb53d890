/**
 * The frame shown by the state machine and by the lists beside the selected picture. They are updated one browser frame
 * later, because style and layout of a hundred steps would take as long as the picture itself.
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

export class DeferredFrame {
  shown = $state.raw<Shown>({ frame: begin(), previous: undefined, events: [], k: -1 });
  #asked = false;

  /** Called when the picture shows a new frame. `newest` is called after that frame was painted. */
  follow(newest: () => Shown): void {
    if (this.#asked) return;
    this.#asked = true;
    drawn(() => {
      this.#asked = false;
      this.shown = newest();
    });
  }
}
