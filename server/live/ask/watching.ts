/** What a viewer watches: each thing once, a limited number at a time, and all of it ends when the viewer has gone. */
import { conflict } from '../../../runtime/errors/api-error.ts';
import type { Asker } from './topic.ts';

/** The page shows one container, or two side by side, so no honest viewer needs more than this. */
const MOST = 4;

export class Watching {
  readonly #all = new WeakMap<Asker, Map<string, () => void>>();

  /**
   * `begin` returns a function that ends it. When `what` is watched already, it begins anew. Throws 409 when there are
   * too many, and what `begin` throws.
   */
  begin(asker: Asker, what: string, begin: () => () => void): void {
    if (asker.gone.aborted) return;
    const mine = this.#all.get(asker) ?? this.#welcome(asker);
    this.end(asker, what);
    if (mine.size >= MOST) throw conflict(`this page looks at ${MOST} containers already: close one`);
    mine.set(what, begin());
  }

  #welcome(asker: Asker): Map<string, () => void> {
    const mine = new Map<string, () => void>();
    this.#all.set(asker, mine);
    asker.gone.addEventListener(
      'abort',
      () => {
        for (const stop of mine.values()) stop();
        mine.clear();
      },
      { once: true },
    );
    return mine;
  }

  end(asker: Asker, what: string): void {
    const mine = this.#all.get(asker);
    mine?.get(what)?.();
    mine?.delete(what);
  }
}
