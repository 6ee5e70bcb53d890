/** 'ctrl-p,ctrl-q' in a stream of keys: Engine API, "Attach to a container", detachKeys. */
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

/** Fed with what is typed; keys that began the sequence and did not end it are passed on late. */
export class DetachScanner {
  #matched = 0;
  constructor(private readonly keys: readonly number[]) {}

  /** What the process gets, and whether the sequence is complete. */
  feed(data: Buffer): { pass: Buffer; detached: boolean } {
    const pass: number[] = [];
    for (const byte of data) {
      if (byte === this.keys[this.#matched]) {
        if (++this.#matched === this.keys.length) return { pass: Buffer.from(pass), detached: true };
        continue;
      }
      // what is held goes on its way until the rest is a beginning again
      const held = [...this.keys.slice(0, this.#matched), byte];
      while (held.some((key, n) => key !== this.keys[n])) pass.push(held.shift()!);
      this.#matched = held.length;
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}
