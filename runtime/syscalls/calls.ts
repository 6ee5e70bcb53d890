/** A system call: its actor, name, arguments and reply; how steps write it, and how strace(1) would show it. */
import { asked } from './call-site.ts';
import { syscalls, type Answer, type Argument, type ArgsOf, type SyscallName, type Value } from './syscalls.ts';

/** The daemon itself, the shim, or the stage inside the container's namespaces. */
export type Actor = 'daemon' | 'shim' | 'stage';

export interface Call {
  actor: Actor;
  name: SyscallName;
  args: readonly Value[];
  /** what journals, gates and messages show instead of `args`, because those have a secret in them */
  shown?: readonly Value[];
  /** What the bytes mean, for the journal: a decoded netlink message, or the path behind a descriptor. */
  note?: string;
  /** the source line that made the call: call-site.ts */
  source?: string | undefined;
}
/** The arguments as they may be kept and shown. */
export const shownArgs = ({ args, shown = args }: Call): readonly Value[] => shown;
/** `ret` is what the kernel returned, never negative because failures throw. `out` is empty for calls without bytes. */
export interface Reply {
  ret: number;
  out: Buffer;
}

/** `k.stage.mount(source, target, type, flags, data)`: every system call as a method; throws SyscallError. */
export type Calls = { readonly [N in SyscallName]: (...args: ArgsOf<N>) => Promise<Answer<N>> };

/** An actor, and the function that makes its calls. All other parts of Calls are shared by all actors. */
class Caller {
  constructor(
    readonly actor: Actor,
    readonly run: (call: Call) => Promise<Reply>,
  ) {}
}
/**
 * The hundred methods are on the prototype, because as closures of each container's three actors they took a quarter
 * of a megabyte per container.
 */
for (const [name, { args: spec }] of Object.entries(syscalls)) {
  const hasOut = (spec as readonly Argument[]).some((a) => a.kind === 'o' || a.kind === 'O');
  const value = async function (this: Caller, ...args: Value[]): Promise<Buffer | number> {
    const reply = await this.run({ actor: this.actor, name: name as SyscallName, args, source: asked() });
    return hasOut ? reply.out : reply.ret;
  };
  Object.defineProperty(Caller.prototype, name, { value, enumerable: true });
}

/** One method per system call for an actor: steps write `k.stage.mount(…)`. Errors are those of `run`. */
export const callsOf = (actor: Actor, run: (call: Call) => Promise<Reply>): Calls =>
  new Caller(actor, run) as unknown as Calls;

const MAX_SHOWN = 64;
const quote = (text: string) => JSON.stringify(text.length > MAX_SHOWN * 4 ? `${text.slice(0, MAX_SHOWN * 4)}…` : text);

function showValue(spec: Argument | undefined, value: Value | { hex: string; length: number }): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') {
    if (spec?.kind === 'o' || spec?.kind === 'O') return `${value} bytes`;
    return spec?.show ? spec.show(value) : String(value);
  }
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) {
    const more = value.length > MAX_SHOWN ? `, … ${value.length - MAX_SHOWN} more` : '';
    return `[${value
      .slice(0, MAX_SHOWN)
      .map((v) => quote(String(v)))
      .join(', ')}${more}]`;
  }
  const bytes = value as Buffer | { length: number };
  return `{${bytes.length} bytes}`;
}

/** 'mount("proc", "/proc", "proc", MS_NOSUID, NULL)': a call as strace(1) shows it. */
export function showCall(
  name: string,
  args: readonly (Value | { hex: string; length: number })[],
  note?: string,
): string {
  const spec = syscalls[name as SyscallName] as { man: string; args: readonly Argument[] } | undefined;
  const shown = args.map((value, j) => showValue(spec?.args[j], value)).join(', ');
  const called =
    spec && /^(write|read)_file$/.test(name)
      ? spec.man.replace(/\(.*/, '')
      : name.replace(/_(in|out|stage|sibling)$/, '');
  return `${called}(${shown})${note ? ` /* ${note} */` : ''}`;
}
