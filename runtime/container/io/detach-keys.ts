/** Detach keys such as 'ctrl-p,ctrl-q': Engine API, "Attach to a container", detachKeys. */
import { badParameter } from '../../errors/api-error.ts';

const special: Record<string, number> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 };

export function parseDetachKeys(text = ''): number[] {
  if (text === '') return [16, 17];
  return text.split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const [, letter = ''] = /^ctrl-(.)$/i.exec(key) ?? [];
    const code = /[a-z]/i.test(letter) ? letter.toLowerCase().charCodeAt(0) - 96 : special[letter];
    if (code === undefined)
      throw badParameter(`invalid detach keys (${text}) provided: ${key} is neither one character nor ctrl-<letter>`);
    return code;
  });
}

/** Finds the detach keys in typed input. Keys that began the sequence but did not complete it are passed on later. */
export class DetachScanner {
  #matched = 0;
  constructor(private readonly keys: readonly number[]) {}

  /** Returns the bytes for the process, and whether the sequence is complete. */
  feed(data: Buffer): { pass: Buffer; detached: boolean } {
    const pass: number[] = [];
    for (const byte of data) {
      if (byte === this.keys[this.#matched]) {
        if (++this.#matched === this.keys.length) return { pass: Buffer.from(pass), detached: true };
        continue;
      }
      // pass on held bytes until the rest can be the beginning of the sequence again
      const held = [...this.keys.slice(0, this.#matched), byte];
      while (held.some((key, n) => key !== this.keys[n])) pass.push(held.shift()!);
      this.#matched = held.length;
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}
