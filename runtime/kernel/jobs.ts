/** Long jobs off the main thread: the table of them, and the threads that do them (dist/worker.js). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from './native.ts';

type Job = (input: never) => Promise<unknown>;
const jobs = new Map<string, Job>();
/** Whose jobs they are says so, in the worker and in the daemon: what they do is no business of the kernel's. */
export function registerJobs(table: Readonly<Record<string, Job>>): void {
  for (const [name, job] of Object.entries(table)) jobs.set(name, job);
}

/** What crosses between the threads. */
export interface Request { id: number; name: string; input: unknown }
export interface Outcome { id: number; result?: unknown; failure?: { name: string; message: string; code?: string; stack?: string } }

/** Does the job in this thread. Throws what the job throws. */
export async function doJob(name: string, input: unknown): Promise<unknown> {
  const job = jobs.get(name);
  if (!job) throw new Error(`no such job: ${name}`);
  return job(input as never);
}

interface Waiting { resolve(result: unknown): void; reject(error: Error): void }

/** A thread holds some forty megabytes: one that has nothing to do for so long is ended, the next job begins a new one. */
const IDLE_MS = 5000;

/** One thread; it does not keep the process alive by itself, only while it works. */
class Pooled {
  #idle: NodeJS.Timeout | undefined;
  readonly waiting = new Map<number, Waiting>();
  readonly #worker: Worker;

  constructor(path: string, private readonly gone: (worker: Pooled) => void) {
    // the jobs open descriptors by system call and close them by fs: Node would wonder aloud
    this.#worker = new Worker(path, { name: 'drydock-jobs', trackUnmanagedFds: false });
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
      if (!pool.length) rested();
    });
  }

  run(request: Request): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting.set(request.id, { resolve, reject });
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

  #settle({ id, result, failure }: Outcome): void {
    const one = this.waiting.get(id);
    this.waiting.delete(id);
    if (!this.waiting.size) this.#rest();
    if (!failure) return one?.resolve(result);
    one?.reject(Object.assign(new Error(failure.message), { name: failure.name, ...(failure.code && { code: failure.code }) }));
  }
}

const MOST = 2;
const pool: Pooled[] = [];
let rested = (): void => undefined;
/** Calls back when the last thread has ended. */
export function whenRested(callback: () => void): void {
  rested = callback;
}
let lastId = 0;

function idlest(path: string): Pooled {
  const free = pool.find((worker) => !worker.waiting.size);
  if (free) return free;
  if (pool.length < MOST) {
    pool.push(new Pooled(path, (worker) => pool.includes(worker) && pool.splice(pool.indexOf(worker), 1)));
    return pool[pool.length - 1]!;
  }
  return pool.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
}

/** Runs a job of the table in a worker thread, or in this one when dist/worker.js was not built (a test bundled alone). */
export async function runJob(name: string, input: unknown): Promise<unknown> {
  const path = join(packageRoot, 'dist/worker.js');
  if (!existsSync(path)) return doJob(name, input);
  return idlest(path).run({ id: ++lastId, name, input });
}
