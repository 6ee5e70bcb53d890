/**
 * Calls of the stage or the shim that need no decision in between. The caller writes all of them down first. Then the
 * kernel sends them in one message (native/wire.h), or one by one when a client may want to stop before one of them.
 * Both ways make the same calls in the same order, write the same journal, and end at the same failure.
 *
 *   await k.batch((stage) => {
 *     const target = stage.openat2(root, 'proc', how);
 *     stage.mount('proc', target, 'proc', flags, null).noted('/proc');     // "/proc/self/fd/7" when target is 7
 *     stage.close(target);
 *   });
 */
import type { Actor, Call, Reply } from '../syscalls/calls.ts';
import { hasCode } from './errors.ts';
import { asked } from '../syscalls/call-site.ts';
import { syscalls, type ArgsOf, type SyscallName, type Value } from '../syscalls/syscalls.ts';

/**
 * A call that is not made yet. As an argument of a later call it stands for its result: an integer argument gets the
 * number, a string argument the path of that descriptor. After the batch `reply` is set, except when the call failed
 * with a tolerated errno, or needed the result of such a call: then it was not made.
 */
export class Planned {
  reply: Reply | undefined;
  note: string | undefined;
  tolerated: readonly string[] = [];
  constructor(
    readonly actor: BatchActor,
    readonly later: number,
    readonly name: SyscallName,
    readonly args: readonly (Value | Planned)[],
    readonly source: string | undefined,
  ) {}

  noted(text: string): this {
    this.note = text;
    return this;
  }
  /** Tolerates these errnos, at most four. Later calls are made even so, except those that need this call's result. */
  mayFail(...codes: string[]): this {
    this.tolerated = codes;
    return this;
  }
  get passedOver(): boolean {
    return this.args.some((arg) => arg instanceof Planned && !arg.reply);
  }
  /** The call with the results of the earlier calls as its arguments. */
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
      actor: this.actor,
      name: this.name,
      args,
      source: this.source,
      ...(this.note !== undefined && { note: this.note }),
    };
  }
}

/** The helpers that take several calls in one message. */
export type BatchActor = Exclude<Actor, 'daemon'>;

/** Calls that must be alone in their message: they end the stage's loop, or another process replies. */
type Alone = 'execve' | 'exit_group' | 'clone_sibling';
type OrPlanned<A extends readonly unknown[]> = {
  [I in keyof A]: A[I] | (A[I] extends Buffer | readonly string[] ? never : Planned);
};
export type BatchCalls = { readonly [N in Exclude<SyscallName, Alone>]: (...args: OrPlanned<ArgsOf<N>>) => Planned };

/** Collects the calls that `write` makes, without making them; returns them and what `write` returned. */
export function planned<T>(
  actor: BatchActor,
  write: (calls: BatchCalls) => T,
): { list: readonly Planned[]; result: T } {
  const list: Planned[] = [];
  const methods = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: (Value | Planned)[]) => {
          const one = new Planned(actor, list.length, name as SyscallName, args, asked());
          list.push(one);
          return one;
        },
    },
  );
  return { result: write(methods as BatchCalls), list };
}

/** Makes the calls of `list` one by one, with the same effect as one message. */
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
