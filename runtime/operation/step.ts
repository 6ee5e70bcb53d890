/** One thing that an operation asks of the kernel, a registry or the store, and the lists of them. */
import type { Evidence } from '../journal/inspection-section.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** `S` is what the step works on: a container, one of its endpoints, a network, a pull. */
export interface Step<S> {
  /**
   * 'rw-layer.mount-overlay': stable; lessons, breakpoints and URLs point at it. The part before the dot is the phase.
   */
  id: string;
  /** 'Mount the overlay' */
  title: string;
  /**
   * Markdown: what, why, what would break without it, the manual page. The first sentence stands alone in `run --step`.
   */
  explain: string;
  /** Absent: always. A step that does not apply is passed over and says nothing. */
  when?(s: S): boolean;
  do(k: Kernel, s: S): Promise<void>;
  /**
   * Takes back what `do` did, wholly or partly done or not done at all, from the id and the files alone: also after the
   * daemon was killed.
   */
  undo?(k: Kernel, s: S): Promise<void>;
  inspect?(k: Kernel, s: S): Promise<Evidence[]>;
}

export interface Phase<S> {
  id: string;
  title: string;
  steps: readonly Step<S>[];
}
