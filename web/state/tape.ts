/**
 * A recorded terminal: the bytes written up to a time. Pure. Going forward returns only the new bytes; going back
 * starts again with an empty screen.
 */
import type { Piece } from '../../server/recording/format.ts';

/** Bytes that are written again after going back: more than a screen and its scrollback can show. */
const AGAIN_MOST = 512 << 10;

export interface Turn {
  /** the screen must be cleared first; bytes before these are too old to be visible */
  again: boolean;
  bytes: Uint8Array[];
}

const decoded = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

export class Tape {
  /** number of pieces that are on the screen */
  #at = 0;
  constructor(private readonly pieces: readonly Piece[]) {}

  /** What must be written to show the terminal as it was at `time`. */
  turn(time: number): Turn {
    const to = this.#before(time);
    const again = to < this.#at;
    let from = again ? to : this.#at;
    if (again) for (let length = 0; from > 0 && length < AGAIN_MOST; from--) length += this.pieces[from - 1]![1].length;
    this.#at = to;
    return { again, bytes: this.pieces.slice(from, to).map(([, base64]) => decoded(base64)) };
  }

  /** The number of pieces up to that time; pieces are in order of time. */
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
