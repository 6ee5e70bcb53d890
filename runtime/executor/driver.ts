/**
 * The interface of executors: the steps from a bundle (config.json and the files of the root) to a running process.
 * Each executor has a directory; runtime/steps/executors.ts lists them.
 *
 *   create.merge-config → create → rw-layer.* → network.* → init
 *
 * After `create` there is a process that has the container's namespaces and waits. The storage driver mounts the root
 * in it, the network driver connects it. The last step of `init` makes it the container's program.
 */
import type { Step } from '../operation/step.ts';

/** The preferred executor first. */
export const executors = ['stage'] as const;
export type ExecutorName = (typeof executors)[number];

/** `C` is a container, `E` a further process in a running one. */
export interface Executor<C, E> {
  readonly name: ExecutorName;
  /** Steps of the phase create, after config.json is written. */
  readonly create: readonly Step<C>[];
  /** Steps of the phase init. */
  readonly init: readonly Step<C>[];
  /** Steps of the phase exec. */
  readonly exec: readonly Step<E>[];
}
