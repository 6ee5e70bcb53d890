import type { Evidence } from '../kernel/evidence.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Container } from '../machine/container.ts';

/** One thing that the kernel is asked to do on the way from an image to a running process and back. */
export interface Step<C = Container> {
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
  when?(c: C): boolean;
  do(k: Kernel, c: C): Promise<void>;
  /**
   * Takes back what `do` did, wholly or partly done or not done at all, from the id and the files alone: also after the
   * daemon was killed.
   */
  undo?(k: Kernel, c: C): Promise<void>;
  inspect?(k: Kernel, c: C): Promise<Evidence[]>;
}

export interface Phase<C = Container> {
  id: string;
  title: string;
  steps: readonly Step<C>[];
}
