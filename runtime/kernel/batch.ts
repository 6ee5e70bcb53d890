/**
 * Calls of the stage that need no decision in between. They are written down first; then the kernel sends all of them
 * in one message (native/wire.h), or, when somebody may want to stop before one of them, one after another. What is
 * made, in which order, what the journal says of each, and where a failure ends it, is the same both ways.
 *
 *   await k.together((stage) => {
 *     const target = stage.openat2(root, 'proc', how);
 *     stage.mount('proc', target, 'proc', flags, null).noted('/proc');     // "/proc/self/fd/7" when target is 7
 *     stage.close(target);
 *   });
 */
import type { Call, Reply } from '../syscalls/calls.ts';
import { hasCode } from './errors.ts';
import { asked } from '../syscalls/call-site.ts';
import { syscalls, type ArgsOf, type SyscallName, type Value } from '../syscalls/syscalls.ts';

/**
 * A call that is still to be made, and as an argument of a later one what it will return: an integer as it is, a string
 * as the path of that descriptor. Afterwards `reply` is there, unless the call failed with an errno that it may fail
 * with, or wanted what such a call returned: then it was passed over.
 */
export class Planned {
  reply: Reply | undefined;
  note: string | undefined;
  tolerated: readonly string[] = [];
  constructor(
    readonly later: number,
    readonly name: SyscallName,
    readonly args: readonly (Value | Planned)[],
    readonly source: string | undefined,
  ) {}

  noted(text: string): this {
    this.note = text;
    return this;
  }
  /** At most four. The calls after it are made all the same, but for those that want what it returned. */
  mayFail(...codes: string[]): this {
    this.tolerated = codes;
    return this;
  }
  get passedOver(): boolean {
    return this.args.some((arg) => arg instanceof Planned && !arg.reply);
  }
  /** As it is made: with what the earlier ones have returned. */
  call(): Call {
    const spec = syscalls[this.name].args;
    const args = this.args.map((arg, j) =>
      arg instanceof Planned
        ? spec[j]?.kind === 's'
          ? `/proc/self/fd/${arg.reply?.ret}`
          : (arg.reply?.ret ?? -1)
        : arg,
    );
    return {
      actor: 'stage',
      name: this.name,
      args,
      source: this.source,
      ...(this.note !== undefined && { note: this.note }),
    };
  }
}

/** They end the conversation, or somebody else answers for them: alone in their message. */
type Alone = 'execve' | 'exit_group' | 'clone_sibling';
type OrPlanned<A extends readonly unknown[]> = {
  [I in keyof A]: A[I] | (A[I] extends Buffer | readonly string[] ? never : Planned);
};
export type Together = { readonly [N in Exclude<SyscallName, Alone>]: (...args: OrPlanned<ArgsOf<N>>) => Planned };

export function planned<T>(write: (stage: Together) => T): { list: readonly Planned[]; result: T } {
  const list: Planned[] = [];
  const methods = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: (Value | Planned)[]) => {
          const one = new Planned(list.length, name as SyscallName, args, asked());
          list.push(one);
          return one;
        },
    },
  );
  return { result: write(methods as Together), list };
}

/** The same as one message would do. */
export async function oneByOne(run: (call: Call) => Promise<Reply>, list: readonly Planned[]): Promise<void> {
  for (const one of list) {
    if (one.passedOver) continue;
    try {
      one.reply = await run(one.call());
    } catch (error) {
      if (!hasCode(error, ...one.tolerated)) throw error;
    }
  }
}
