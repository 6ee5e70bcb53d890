/** Long jobs outside the main thread: the table of jobs, and the threads that run them (dist/worker.js). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../syscalls/native.ts';

/** Sends a part of the result. Resolves when the next part may be sent, rejects when no more parts are wanted. */
export type Tell = (part: unknown) => Promise<void>;
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

/** A message to a worker. `go` answers a part: true when the next part may be sent, false when no more are wanted. */
export interface Request {
  id: number;
  name?: string;
  input?: unknown;
  go?: boolean;
}
export interface Outcome {
  id: number;
  part?: unknown;
  result?: unknown;
  failure?: { name: string; message: string; code?: string; stack?: string };
}

/** Runs the job in this thread. Throws what the job throws. */
export async function doJob(name: string, input: unknown, tell: Tell): Promise<unknown> {
  const one = jobs.get(name);
  if (!one) throw new Error(`no such job: ${name}`);
  return one.job(input as never, tell);
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  part?: Part;
}
type Part = (part: unknown) => Promise<boolean>;

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

  run(request: Request, part?: Part): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting.set(request.id, { resolve, reject, ...(part && { part }) });
      this.#worker.postMessage(request);
    });
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
      return void one?.part?.(part).then((go) => this.#worker.postMessage({ id, go } satisfies Request));
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
 * alone). `part` gets the parts of the result one by one and resolves to whether more are wanted.
 */
export async function runJob(name: string, input: unknown, part?: Part): Promise<unknown> {
  const path = join(packageRoot, 'dist/worker.js');
  if (!existsSync(path))
    return doJob(
      name,
      input,
      teller((one) => part?.(one) ?? Promise.resolve(true)),
    );
  return idlest(path, jobs.get(name)?.lane ?? 'work').run({ id: ++lastId, name, input }, part);
}

/** The `tell` function that a job gets; it sends parts to `give`. */
export const teller =
  (give: Part): Tell =>
  async (part) => {
    if (!(await give(part))) throw Object.assign(new Error('nobody wants the rest'), { code: 'ABORT_ERR' });
  };

/** The parts of a job's result, one by one. Leaving the loop early ends the job. Throws what the job throws. */
export async function* jobParts<T>(name: string, input: unknown): AsyncGenerator<T> {
  let waiting: { part: T; taken(go: boolean): void } | undefined;
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
  ).finally(() => {
    over = true;
    wake();
  });
  job.catch(() => undefined);
  for (;;) {
    if (!waiting && !over) await new Promise<void>((resolve) => (wake = resolve));
    const one = waiting as { part: T; taken(go: boolean): void } | undefined;
    waiting = undefined;
    if (!one) break;
    let go = false;
    try {
      yield one.part;
      go = true;
    } finally {
      one.taken(go);
    }
  }
  await job;
}
