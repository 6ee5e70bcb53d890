/** Long jobs outside the main thread: the table of jobs, and the threads that run them (dist/worker.js). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../syscalls/native.ts';
import { type Framing, type Go, type Tell, Telling } from './telling.ts';

type Job = (input: never, tell: Tell) => Promise<unknown>;
/**
 * The jobs of a lane share its threads. `work` keeps a processor busy as long as it lasts. `trees` reads or removes
 * directory trees in pieces, several jobs at a time on one thread, so that a short one need not wait for the removal
 * of a million files.
 */
type Lane = 'work' | 'trees';
const THREADS: Record<Lane, number> = { work: 2, trees: 1 };
const jobs = new Map<string, { job: Job; lane: Lane }>();
/** Adds jobs to the table. The modules that own them call it, in the worker and in the daemon. */
export function registerJobs(table: Readonly<Record<string, Job>>, lane: Lane = 'work'): void {
  for (const [name, job] of Object.entries(table)) jobs.set(name, { job, lane });
}

/** A message to a worker: a job, the answer to its part, or that no more of its parts are wanted. */
export interface Request extends Partial<Go> {
  id: number;
  name?: string;
  input?: unknown;
}
export interface Outcome {
  id: number;
  part?: unknown;
  result?: unknown;
  failure?: { name: string; message: string; code?: string; stack?: string };
}

/** Runs the job in this thread. Throws what the job throws. */
export async function doJob(name: string, input: unknown, telling: Telling): Promise<unknown> {
  const one = jobs.get(name);
  if (!one) throw new Error(`no such job: ${name}`);
  try {
    return await one.job(input as never, telling.tell);
  } finally {
    telling.close();
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  part?: Part;
}
type Part = (part: unknown) => Promise<Go>;

/** A thread takes some forty megabytes. One without a job for this long is ended; the next job starts a new one. */
const IDLE_MS = 5000;

/** Heap limits for `trees`: it needs little memory, and a small young generation is collected early. */
const SMALL = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 };

/** One worker thread. It keeps the process alive only while it works. */
class Pooled {
  #idle: NodeJS.Timeout | undefined;
  readonly waiting = new Map<number, Waiting>();
  readonly #worker: Worker;

  constructor(
    path: string,
    lane: Lane,
    private readonly gone: (worker: Pooled) => void,
  ) {
    // jobs open descriptors by system call and close them with fs, so Node would warn of unknown descriptors
    this.#worker = new Worker(path, {
      name: `drydock-${lane}`,
      trackUnmanagedFds: false,
      ...(lane === 'trees' && { resourceLimits: SMALL }),
    });
    this.#worker.unref();
    this.#worker.on('message', (outcome: Outcome) => this.#settle(outcome));
    const end = (error: Error) => {
      gone(this);
      for (const one of this.waiting.values()) one.reject(error);
      this.waiting.clear();
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', (code) => {
      end(new Error(`the worker thread ended with ${code}`));
      if (!pools.work.length && !pools.trees.length) rested();
    });
  }

  run(request: Request, part?: Part, signal?: AbortSignal): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker.ref();
    const stop = () => this.#worker.postMessage({ id: request.id, go: false } satisfies Request);
    signal?.addEventListener('abort', stop, { once: true });
    return new Promise((resolve, reject) => {
      this.waiting.set(request.id, { resolve, reject, ...(part && { part }) });
      this.#worker.postMessage(request);
    }).finally(() => signal?.removeEventListener('abort', stop));
  }

  #rest(): void {
    this.#worker.unref();
    this.#idle = setTimeout(() => {
      this.gone(this);
      void this.#worker.terminate();
    }, IDLE_MS).unref();
  }

  #settle({ id, part, result, failure }: Outcome): void {
    const one = this.waiting.get(id);
    if (part !== undefined)
      return void one?.part?.(part).then((go) => this.#worker.postMessage({ id, ...go } satisfies Request));
    this.waiting.delete(id);
    if (!this.waiting.size) this.#rest();
    if (!failure) return one?.resolve(result);
    one?.reject(
      Object.assign(new Error(failure.message), { name: failure.name, ...(failure.code && { code: failure.code }) }),
    );
  }
}

const pools: Record<Lane, Pooled[]> = { work: [], trees: [] };
let rested = (): void => undefined;
/** Sets the function that is called when the last thread has ended. */
export function whenRested(callback: () => void): void {
  rested = callback;
}
let lastId = 0;

function idlest(path: string, lane: Lane): Pooled {
  const pool = pools[lane];
  const free = pool.find((worker) => !worker.waiting.size);
  if (free) return free;
  if (pool.length < THREADS[lane]) {
    pool.push(new Pooled(path, lane, (worker) => pool.includes(worker) && pool.splice(pool.indexOf(worker), 1)));
    return pool[pool.length - 1]!;
  }
  return pool.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
}

/**
 * Runs a job of the table in a worker thread, or in this thread when dist/worker.js does not exist (a test bundled
 * alone). `part` gets the parts of the result one by one and resolves to what is to happen with the next.
 * When the signal fires, no more parts are sent.
 */
export async function runJob(name: string, input: unknown, part?: Part, signal?: AbortSignal): Promise<unknown> {
  const path = join(packageRoot, 'dist/worker.js');
  if (!existsSync(path))
    return doJob(
      name,
      input,
      // a copy, as the message of a worker is one
      new Telling((one) => part?.(structuredClone(one)) ?? Promise.resolve({ go: true })),
    );
  return idlest(path, jobs.get(name)?.lane ?? 'work').run({ id: ++lastId, name, input }, part, signal);
}

/** The parts of a job's result, one by one. Leaving the loop early ends the job. The loop throws what the job does. */
export interface Parts<T> extends AsyncIterable<T> {
  /**
   * Called when a part has come: the worker writes the rest, which must be bytes, into this stream socket, and closes
   * the descriptor. The loop then goes on when the job has ended. Absent where no worker makes them.
   */
  rest?(fd: number, as: Framing): void;
}

export function jobParts<T>(name: string, input: unknown, signal?: AbortSignal): Parts<T> {
  let into: Go['into'];
  async function* parts(): AsyncGenerator<T> {
    let waiting: { part: T; taken(answer: Go): void } | undefined;
    let over = false;
    let wake = (): void => undefined;
    const job = runJob(
      name,
      input,
      (part) =>
        new Promise((taken) => {
          waiting = { part: part as T, taken };
          wake();
        }),
      signal,
    ).finally(() => {
      over = true;
      wake();
    });
    job.catch(() => undefined);
    for (;;) {
      if (!waiting && !over) await new Promise<void>((resolve) => (wake = resolve));
      const one = waiting as { part: T; taken(answer: Go): void } | undefined;
      waiting = undefined;
      if (!one) break;
      let go = false;
      try {
        yield one.part;
        go = true;
      } finally {
        one.taken({ go, ...(go && into && { into }) });
      }
    }
    await job;
  }
  return Object.assign(parts(), { rest: (fd: number, as: Framing) => void (into = { fd, as }) });
}

/** The same parts; `after` is called when all were taken. */
export const followed = <T>(parts: Parts<T>, after: () => void): Parts<T> => ({
  rest: (fd, as) => parts.rest?.(fd, as),
  async *[Symbol.asyncIterator]() {
    yield* parts;
    after();
  },
});
