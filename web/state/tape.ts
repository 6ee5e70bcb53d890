/**
 * A recorded terminal: what had been written by a time. Pure; going forward costs what is new, going back begins again.
 */
import type { Piece } from '../../server/recording/format.ts';

/** Going back, so much of what came before is written again: more than a screen and its scrollback show. */
const AGAIN_MOST = 512 << 10;

export interface Turn {
  /** the screen begins anew, and what came before these bytes is too long ago to be on it */
  again: boolean;
  bytes: Uint8Array[];
}

const decoded = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

export class Tape {
  /** pieces that are on the screen */
  #at = 0;
  constructor(private readonly pieces: readonly Piece[]) {}

  /** What has to be written for the screen to show what it showed at `time`. */
  turn(time: number): Turn {
    const to = this.#before(time);
    const again = to < this.#at;
    let from = again ? to : this.#at;
    if (again) for (let length = 0; from > 0 && length < AGAIN_MOST; from--) length += this.pieces[from - 1]![1].length;
    this.#at = to;
    return { again, bytes: this.pieces.slice(from, to).map(([, base64]) => decoded(base64)) };
  }

  /** How many pieces there were: they are in order of time. */
  #before(time: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]![0] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
