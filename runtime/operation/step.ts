/**
 * A step of an operation: one piece of work for the kernel, a registry or the store. Also phases, the lists of steps.
 */
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** `S` is the subject of the step: a container, one of its endpoints, a network, a pull. */
export interface Step<S> {
  /**
   * 'rw-layer.mount-overlay'. It is stable, because lessons, breakpoints and URLs refer to it. The part before the dot
   * is the phase.
   */
  id: string;
  /** 'Mount the overlay' */
  title: string;
  /**
   * Markdown: what the step does, why, what would break without it, and the manual page. `run --step` shows the first
   * sentence alone.
   */
  explain: string;
  /** Absent means always. A step that does not apply is skipped without an event. */
  when?(s: S): boolean;
  do(k: Kernel, s: S): Promise<void>;
  /**
   * Undoes what `do` did, also when it was done only in part or not at all. It works from the id and the files alone,
   * so also after the daemon was killed.
   */
  undo?(k: Kernel, s: S): Promise<void>;
  inspect?(k: Kernel, s: S): Promise<InspectionSection[]>;
}

export interface Phase<S> {
  id: string;
  title: string;
  steps: readonly Step<S>[];
  /**
   * The steps for one subject, where they depend on it: the instances of its endpoints (journal/step-id.ts). Absent:
   * always `steps`.
   */
  stepsFor?(s: S): readonly Step<S>[];
}

/** A phase with lists of steps that are made side by side after `steps`. */
export interface LanedPhase<S> extends Phase<S> {
  /** undefined until they are known */
  lanes(s: S): Lanes<S> | undefined;
}

/** A list of steps that is made beside others, with a subject of its own. */
export interface Lane<S> {
  readonly subject: S;
  readonly steps: readonly Step<S>[];
  /** When it is aborted, no further step begins. */
  signal?: AbortSignal;
}
export interface Lanes<S> {
  all: readonly Lane<S>[];
  /** Decides which lanes are made, and when. Rejects with the first failure, after all that began have ended. */
  perform(along: (lane: Lane<S>) => Promise<void>): Promise<void>;
  /** the steps after all lanes */
  last: readonly Step<S>[];
}
