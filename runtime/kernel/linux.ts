/** The real kernel: the daemon's calls are made here, the shim's and the stage's go over their sockets; each is gated and journaled. */
import { effectsOf } from '../journal/effects.ts';
import type { Fact, Kept, NewEvent } from '../journal/event.ts';
import { callsOf, showCall } from './calls.ts';
import { errnoName, SyscallError } from './errors.ts';
import { runJob } from './jobs.ts';
import type { Actor, Call, Calls, HttpRequest, Kernel, Reply } from './kernel.ts';
import { addon, executablePath, type NativeAnswer } from './native.ts';
import type { SyscallName, Value } from './syscalls.ts';

/** Who is told of each call, and who may hold it back. */
export interface Observer {
  /** Undefined when nobody holds calls back: the usual, and it must cost nothing. */
  beforeCall(call: Call): Promise<void> | undefined;
  event(event: NewEvent): void;
}
const nobody: Observer = { beforeCall: () => undefined, event: () => undefined };

/** How long the event loop may stand still for an answer: most take microseconds; a slow one is waited for without blocking. */
const PATIENCE_MS = 2;
const KEPT_BYTES = 512;
const none = Buffer.alloc(0);

let numbers: Map<string, number> | undefined;
const operation = (name: SyscallName): number => {
  numbers ??= new Map(addon().operations().map(([op], index) => [op, index]));
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`the addon has no operation ${name}; rebuild it with npm run build`);
  return number;
};

const keep = (value: Value): Kept =>
  Buffer.isBuffer(value) ? { hex: value.subarray(0, KEPT_BYTES).toString('hex'), length: value.length } : value;

const copies = new Map<string, number>();
/** by socket: the slow answer that is waited for */
const unanswered = new Map<number, Promise<NativeAnswer>>();

export class LinuxKernel implements Kernel {
  readonly daemon: Calls;
  readonly shim: Calls;
  readonly stage: Calls;
  readonly #sockets: Partial<Record<Actor, number>> = {};

  constructor(private readonly observer: Observer = nobody) {
    const run = (call: Call) => this.run(call);
    this.daemon = callsOf('daemon', run);
    this.shim = callsOf('shim', run);
    this.stage = callsOf('stage', run);
  }

  async run(call: Call): Promise<Reply> {
    const held = this.observer.beforeCall(call);
    if (held) await held.catch((error: unknown) => this.#broken(call, error));
    const begun = process.hrtime.bigint();
    const answer = call.actor === 'daemon' ? addon().local(operation(call.name), call.args) : await this.#remote(call.actor, call);
    const ns = Number(process.hrtime.bigint() - begun);
    const reply = Array.isArray(answer) ? { ret: answer[0], out: answer[1] } : { ret: answer, out: none };
    // the stage's socket closes on exec: the end of the conversation is the success (native/wire.h)
    if (call.name === 'execve' && reply.ret === -32) reply.ret = 0;
    this.#journal(call, reply.ret, ns);
    if (reply.ret < 0) throw new SyscallError(call.name, -reply.ret, showCall(call.name, call.args, call.note), call.actor);
    return reply;
  }

  /** An abort before a close(2) of our own: whoever meant to close has no second try, so it is done all the same. */
  #broken({ actor, name, args }: Call, error: unknown): never {
    if (actor === 'daemon' && name === 'close') addon().local(operation(name), args);
    throw error;
  }

  /** One question at a time on a socket: a look at a standing container must not get a step's answer. */
  async #remote(actor: Actor, call: Call): Promise<NativeAnswer> {
    const fd = this.#sockets[actor];
    if (fd === undefined) throw new Error(`${showCall(call.name, call.args)}: there is no ${actor} to ask`);
    for (let before = unanswered.get(fd); before; before = unanswered.get(fd)) await before;
    const answer = addon().remote(fd, operation(call.name), call.args, PATIENCE_MS);
    if (answer !== undefined) return answer;
    const readable = new Promise<void>((resolve) => {
      const close = addon().watch(fd, () => {
        close();
        resolve();
      });
    });
    const received = readable.then(() => addon().receive(fd) ?? -32);
    unanswered.set(fd, received);
    return received.finally(() => unanswered.delete(fd));
  }

  #journal(call: Call, ret: number, ns: number): void {
    const facts = ret < 0 ? [] : effectsOf(call);
    this.observer.event({
      type: 'call', actor: call.actor, name: call.name, args: call.args.map(keep), ret, ns,
      ...(ret < 0 && { errno: errnoName(-ret) }), ...(call.note && { note: call.note }), ...(facts.length && { facts }),
    });
  }

  connect(actor: 'shim' | 'stage', fd: number): void {
    this.#sockets[actor] = fd;
  }

  async executable(name: 'stage' | 'shim'): Promise<number> {
    let fd = copies.get(name);
    if (fd === undefined) {
      fd = addon().sealedCopy(executablePath(name), name);
      if (fd < 0) throw new SyscallError('memfd_create', -fd, `memfd_create("${name}")`, 'daemon', `is ${executablePath(name)} built?`);
      copies.set(name, fd);
    }
    return fd;
  }

  async spawnShim(fds: readonly number[], label: string): Promise<number> {
    const call: Call = { actor: 'daemon', name: 'execve', args: ['memfd:shim', ['drydock-shim', label], []], note: 'posix_spawn' };
    const held = this.observer.beforeCall(call);
    if (held) await held;
    const executable = await this.executable('shim');
    const begun = process.hrtime.bigint();
    const pid = addon().spawn(`/proc/${process.pid}/fd/${executable}`, ['drydock-shim', label], fds);
    this.#journal(call, pid, Number(process.hrtime.bigint() - begun));
    if (pid < 0) throw new SyscallError('posix_spawn', -pid, `posix_spawn("memfd:shim", "${label}")`, 'daemon');
    return pid;
  }

  async fetch(url: string, request: HttpRequest = {}): Promise<Response> {
    const begun = process.hrtime.bigint();
    const method = request.method ?? 'GET';
    const told = (status: number, error?: string) =>
      this.observer.event({ type: 'http', method, url, status, ns: Number(process.hrtime.bigint() - begun), ...(error && { error }) });
    try {
      const response = await fetch(url, { redirect: 'manual', ...request });
      told(response.status);
      return response;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      told(0, cause instanceof Error ? cause.message : String(cause));
      throw cause;
    }
  }

  async job<T>(name: string, input: unknown): Promise<T> {
    return (await runJob(name, input)) as T;
  }

  async removeTree(path: string): Promise<void> {
    const { rm } = await import('node:fs/promises');
    await rm(path, { recursive: true, force: true });
  }

  readable(fd: number, callback: () => void): () => void {
    return addon().watch(fd, callback);
  }

  fact(...facts: Fact[]): void {
    if (facts.length) this.observer.event({ type: 'fact', facts });
  }
}

/** Only the daemon's own calls, journaled nowhere. */
export const daemonKernel = (): Kernel => new LinuxKernel();
