/** The keys that leave a container running: 'ctrl-p,ctrl-q' unless told otherwise. */
import { misuse } from './failure.ts';

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

/** 'ctrl-a,x' → the bytes 0x01 'x'. ctrl- goes with a to z and @ [ \ ] ^ _ (ascii(7)). */
export function detachBytes(keys: string): Buffer {
  return Buffer.from(keys.split(',').map((key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
    if (control) return control.toUpperCase().charCodeAt(0) & 0x1f;
    if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
    throw misuse(`unknown detach key ${JSON.stringify(key)}: give characters or ctrl-<letter>, separated by commas`);
  }));
}

/** Finds the sequence in what is typed. What may be its beginning is held back until it is clear. */
export class DetachKeys {
  #held = 0;
  constructor(readonly sequence: Buffer) {}

  /** The bytes to pass on, and whether the sequence is complete. */
  scan(chunk: Buffer): { pass: Buffer; detached: boolean } {
    const pass: number[] = [];
    for (const byte of chunk) {
      if (byte === this.sequence[this.#held]) {
        if (++this.#held === this.sequence.length) return { pass: Buffer.from(pass), detached: true };
        continue;
      }
      pass.push(...this.sequence.subarray(0, this.#held));
      this.#held = byte === this.sequence[0] ? 1 : 0;
      if (!this.#held) pass.push(byte);
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}
