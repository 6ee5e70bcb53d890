/**
 * The real kernel. Calls of the daemon are made in this process, those of the shim and the stage go over their
 * sockets. Each call passes the gate and is journaled.
 */
import type { Fact } from '../../journal/event.ts';
import type { NewOrLazyEvent } from '../../journal/lazy-event.ts';
import { callsOf, showCall, shownArgs, type Actor, type Call, type Calls, type Reply } from '../../syscalls/calls.ts';
import { errnoName, errnoNumber, Injected, injectedRequest, SyscallError } from '../errors.ts';
import type { HttpRequest, HttpResponse } from '../http.ts';
import { runJob, whenRested } from '../jobs.ts';
import { borrowNetfilter, returnNetfilter } from './netfilter-sockets.ts';
import type { Kernel } from '../kernel.ts';
import { CompletedCall } from './completed-call.ts';
import { addon, executablePath, type HelperProgram, type NativeAnswers, type Program } from '../../syscalls/native.ts';
import { removeTree } from '../tree/remove-tree.ts';
import { asked } from '../../syscalls/call-site.ts';
import type { SyscallName } from '../../syscalls/syscalls.ts';
import { oneByOne, planned, type BatchActor, type BatchCalls, type Planned } from '../batch.ts';

/** Gets an event for each call, and may hold a call back before it is made. */
export interface Observer {
  /**
   * Resolves when the call may be made. Undefined when no call is held back: the usual case, which must cost nothing.
   */
  beforeCall(call: Call): Promise<void> | undefined;
  /** The same for a request to a registry. Without it no request is held back. */
  beforeRequest?(method: string, url: string): Promise<void> | undefined;
  /** Whether beforeCall would hold a call of this name back. Such calls are not sent in one message with others. */
  holds(name: SyscallName): boolean;
  event(event: NewOrLazyEvent): unknown;
}
const unobserved: Observer = { beforeCall: () => undefined, holds: () => false, event: () => undefined };

/**
 * How long the event loop may block for a reply. Most replies take microseconds; a slower one is awaited without
 * blocking.
 */
const PATIENCE_MS = 2;
const [EPIPE, E2BIG] = [errnoNumber('EPIPE'), errnoNumber('E2BIG')];
/** bytes of one piece of data that are sent before their call */
const PIECE = 128 * 1024;
const nothing = Buffer.alloc(0);

let numbers: Map<string, number> | undefined;
const operation = (name: SyscallName): number => {
  numbers ??= new Map(
    addon()
      .operations()
      .map(([op], index) => [op, index]),
  );
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`the addon has no operation ${name}; rebuild it with npm run build`);
  return number;
};

const now = () => performance.timeOrigin + performance.now();
const sinceMs = (begun: number) => Math.round((performance.now() - begun) * 1e6);
/** Of one call of a message; absent when the message ended before it. */
type Answered = [ret: number | undefined, ns: number, out: Buffer | undefined];
/** One call for send() of the addon: its tolerated errnos are one a byte. */
const request = (one: Planned): unknown[] => [
  operation(one.name),
  one.args,
  one.tolerated.reduceRight((all, code) => (all << 8) | errnoNumber(code), 0),
];

// a pull allocates and frees a hundred megabytes of buffers, and malloc(3) would keep that memory
whenRested(() => void addon().trim());

const copies = new Map<string, number>();
/** by socket: the slow reply that is being awaited */
const unanswered = new Map<number, Promise<NativeAnswers>>();

export class LinuxKernel implements Kernel {
  readonly daemon: Calls;
  readonly shim: Calls;
  readonly stage: Calls;
  readonly #sockets: Partial<Record<Actor, number>> = {};

  constructor(private readonly observer: Observer = unobserved) {
    const run = (call: Call) => this.run(call);
    this.daemon = callsOf('daemon', run);
    this.shim = callsOf('shim', run);
    this.stage = callsOf('stage', run);
  }

  async run(call: Call): Promise<Reply> {
    const held = this.observer.beforeCall(call);
    if (held) await held.catch((error: unknown) => this.#broken(call, error));
    return call.actor === 'daemon' ? this.#local(call) : this.#alone(call);
  }

  #local(call: Call): Reply {
    const begun = performance.now();
    const answer = addon().local(operation(call.name), call.args);
    const ns = sinceMs(begun);
    return Array.isArray(answer) ? this.#made(call, answer[0], ns, answer[1]) : this.#made(call, answer, ns);
  }

  async #alone(call: Call): Promise<Reply> {
    const begun = performance.now();
    const asked = [operation(call.name), call.args, 0];
    const short = await this.#remote(call.actor, call, asked);
    const answers = short === -E2BIG ? await this.#inPieces(call, asked) : short;
    if (typeof answers !== 'number')
      return this.#made(call, answers[0] as number, answers[1] as number, answers[2] as Buffer | undefined);
    // the stage's socket closes on exec, so EOF means that execve succeeded (native/wire.h)
    return this.#made(call, call.name === 'execve' && answers === -EPIPE ? 0 : answers, sinceMs(begun));
  }

  /** Sends data that are too long for one message before their call. Only the kernel's own limits apply. */
  async #inPieces(call: Call, asked: readonly unknown[]): Promise<NativeAnswers> {
    const data = addon().pack(operation(call.name), call.args);
    for (let place = 0; place < data.length; place += PIECE) {
      const answers = await this.#remote(call.actor, call, [
        operation('store'),
        [place, data.subarray(place, place + PIECE)],
        0,
      ]);
      if (typeof answers === 'number')
        throw new SyscallError('sendto', -answers, showCall(call.name, shownArgs(call)), call.actor);
      if ((answers[0] as number) < 0) return answers;
    }
    return this.#remote(call.actor, call, asked, true);
  }

  async batch<T>(write: (calls: BatchCalls) => T, actor: BatchActor = 'stage'): Promise<T> {
    const { list, result } = planned(actor, write);
    if (list.length) await this.#inTurn(list, actor);
    return result;
  }

  async #inTurn(list: readonly Planned[], actor: BatchActor): Promise<void> {
    const answers = list.some(({ name }) => this.observer.holds(name))
      ? -E2BIG
      : await this.#remote(actor, list[0]!.call(), list.flatMap(request));
    if (answers === -E2BIG) return oneByOne((call) => this.run(call), list);
    if (typeof answers === 'number') return void this.#made(list[0]!.call(), answers, 0);
    // the calls ended one after another, the last one now
    let ended = now() - answers.reduce<number>((sum, ns, j) => (j % 3 === 1 ? sum + Number(ns) / 1e6 : sum), 0);
    for (const [j, one] of list.entries()) {
      if (one.passedOver) continue;
      const [ret, ns, out] = [answers[3 * j], answers[3 * j + 1], answers[3 * j + 2]] as Answered;
      const call = one.call();
      if (ret === undefined)
        throw new SyscallError(
          one.name,
          EPIPE,
          showCall(one.name, call.args, one.note),
          actor,
          'its answer is missing',
        );
      ended += ns / 1e6;
      // a tolerated failure is not thrown, so no error object is made for it
      if (ret < 0 && one.tolerated.includes(errnoName(-ret))) this.#journal(call, ret, ns, ended);
      else one.reply = this.#made(call, ret, ns, out, ended);
    }
  }

  /** Journals a call that was made and returns its reply. Throws SyscallError when it failed. */
  #made(call: Call, ret: number, ns: number, out: Buffer = nothing, time?: number): Reply {
    this.#journal(call, ret, ns, time);
    if (ret < 0) throw new SyscallError(call.name, -ret, showCall(call.name, shownArgs(call), call.note), call.actor);
    return { ret, out };
  }

  /**
   * A call that the gate aborted or answered with an errno. A close(2) of the daemon is made all the same, because the
   * code that called it does not try again.
   */
  #broken(call: Call, error: unknown): never {
    const { actor, name, args } = call;
    if (actor === 'daemon' && name === 'close') addon().local(operation(name), args);
    if (!(error instanceof Injected)) throw error;
    this.#journal(call, -error.errno, 0);
    throw new SyscallError(
      name,
      error.errno,
      showCall(name, shownArgs(call), call.note),
      actor,
      'so it was answered at the gate',
    );
  }

  /** One request at a time on a socket: an inspection of a paused container must not get the reply to a step's call. */
  async #remote(actor: Actor, call: Call, requests: readonly unknown[], stored = false): Promise<NativeAnswers> {
    const fd = this.#sockets[actor];
    if (fd === undefined) throw new Error(`${showCall(call.name, shownArgs(call))}: there is no ${actor} to ask`);
    for (let before = unanswered.get(fd); before; before = unanswered.get(fd)) await before;
    const sent = addon().send(fd, requests, stored);
    if (sent < 0) return sent;
    const answer = addon().receive(fd, PATIENCE_MS);
    if (answer !== undefined) return answer;
    const readable = new Promise<void>((resolve) => {
      const close = addon().watch(fd, () => {
        close();
        resolve();
      });
    });
    const received = readable.then(() => addon().receive(fd, 0) ?? -EPIPE);
    unanswered.set(fd, received);
    return received.finally(() => unanswered.delete(fd));
  }

  #journal(call: Call, ret: number, ns: number, time?: number): void {
    if (this.observer !== unobserved) this.observer.event(new CompletedCall(call, ret, ns, time ?? now()));
  }

  connect(actor: 'shim' | 'stage', fd: number): void {
    this.#sockets[actor] = fd;
  }

  async executable(name: Program): Promise<number> {
    let fd = copies.get(name);
    if (fd === undefined) {
      fd = addon().sealedCopy(executablePath(name), name);
      if (fd < 0)
        throw new SyscallError(
          'memfd_create',
          -fd,
          `memfd_create("${name}")`,
          'daemon',
          `is ${executablePath(name)} built?`,
        );
      copies.set(name, fd);
    }
    return fd;
  }

  async borrowNetfilter(): Promise<number> {
    return borrowNetfilter();
  }
  returnNetfilter(fd: number, whole: boolean): void {
    returnNetfilter(fd, whole);
  }

  spawnShim(fds: readonly number[], ...args: string[]): Promise<number> {
    return this.#spawn('shim', fds, args);
  }
  spawnHelper(name: HelperProgram, fds: readonly number[], label: string): Promise<number> {
    return this.#spawn(name, fds, [label]);
  }

  async #spawn(name: Program, fds: readonly number[], args: readonly string[]): Promise<number> {
    const argv = [`drydock-${name}`, ...args];
    const call: Call = {
      actor: 'daemon',
      name: 'execve',
      args: [`memfd:${name}`, argv, []],
      note: 'posix_spawn',
      source: asked(),
    };
    const held = this.observer.beforeCall(call);
    if (held) await held.catch((error: unknown) => this.#broken(call, error));
    const executable = await this.executable(name);
    const begun = performance.now();
    const pid = addon().spawn(`/proc/${process.pid}/fd/${executable}`, argv, fds);
    this.#journal(call, pid, sinceMs(begun));
    if (pid < 0) throw new SyscallError('posix_spawn', -pid, `posix_spawn("memfd:${name}", "${args[0]}")`, 'daemon');
    return pid;
  }

  async requesting(method: string, whole: string): Promise<void> {
    const url = (await import('../http.ts')).withoutPassword(whole);
    await this.observer.beforeRequest?.(method, url)?.catch((error: unknown) => {
      if (!(error instanceof Injected)) throw error;
      const failure = injectedRequest(method, url, error.errno);
      this.observer.event({ type: 'http', method, url, status: 0, ns: 0, error: failure.message });
      throw failure;
    });
  }

  async fetch(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
    // loaded with the first request, because a daemon that pulls nothing needs no HTTP client
    const http = await import('../http.ts');
    const begun = performance.now();
    const method = request.method ?? 'GET';
    const told = (status: number, error?: string) =>
      this.observer.event({
        type: 'http',
        method,
        url: http.withoutPassword(url),
        status,
        ns: sinceMs(begun),
        ...(error && { error }),
      });
    try {
      const response = await http.request(url, request);
      told(response.status);
      return response;
    } catch (error) {
      told(0, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async job<T>(name: string, input: unknown): Promise<T> {
    return (await runJob(name, input)) as T;
  }

  removeTree(path: string): Promise<void> {
    return removeTree(path);
  }

  readable(fd: number, callback: () => void): () => void {
    return addon().watch(fd, callback);
  }

  fact(...facts: Fact[]): void {
    if (facts.length) this.observer.event({ type: 'fact', facts });
  }
}

/** A kernel for the daemon's own calls only, without journal. */
export const daemonKernel = (): Kernel => new LinuxKernel();
