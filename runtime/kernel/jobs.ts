/** Long jobs off the main thread: the table of them, and the threads that do them (dist/worker.js). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../syscalls/native.ts';

/** Gives a part of the result; resolves when one may come again, rejects when nobody wants any more. */
export type Tell = (part: unknown) => Promise<void>;
type Job = (input: never, tell: Tell) => Promise<unknown>;
/**
 * Jobs of a lane share its threads. `work` takes a processor for as long as it lasts; `trees` goes through directories,
 * in pieces: several at a time on one thread, so that a look need not wait for the removal of a million files.
 */
type Lane = 'work' | 'trees';
const THREADS: Record<Lane, number> = { work: 2, trees: 1 };
const jobs = new Map<string, { job: Job; lane: Lane }>();
/** Whose jobs they are says so, in the worker and in the daemon: what they do is no business of the kernel's. */
export function registerJobs(table: Readonly<Record<string, Job>>, lane: Lane = 'work'): void {
  for (const [name, job] of Object.entries(table)) jobs.set(name, { job, lane });
}

/** What crosses between the threads. `go`: the part was taken, and another may come, or none. */
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

/** Does the job in this thread. Throws what the job throws. */
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

/**
 * A thread holds some forty megabytes: one that has nothing to do for so long is ended, the next job begins a new one.
 */
const IDLE_MS = 5000;

/** Going through trees needs little; what it drops is to be collected before it is much. */
const SMALL = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 };

/** One thread; it does not keep the process alive by itself, only while it works. */
class Pooled {
  #idle: NodeJS.Timeout | undefined;
  readonly waiting = new Map<number, Waiting>();
  readonly #worker: Worker;

  constructor(
    path: string,
    lane: Lane,
    private readonly gone: (worker: Pooled) => void,
  ) {
    // the jobs open descriptors by system call and close them by fs: Node would wonder aloud
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
/** Calls back when the last thread has ended. */
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
 * Runs a job of the table in a worker thread, or in this one when dist/worker.js was not built (a test bundled alone).
 * `part` takes the
 * parts of its result, one at a time, and says whether there may be more.
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

/** What a job gets to give its parts to. */
export const teller =
  (give: Part): Tell =>
  async (part) => {
    if (!(await give(part))) throw Object.assign(new Error('nobody wants the rest'), { code: 'ABORT_ERR' });
  };

/**
 * The parts of a job's result, one after the other; whoever leaves earlier ends the job. Throws what the job throws.
 */
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
