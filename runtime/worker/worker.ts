/** The bundle dist/worker.js: a worker thread that runs jobs for kernel/jobs.ts, also those of other directories. */
import { parentPort } from 'node:worker_threads';
import { doJob, type Outcome, type Request } from '../kernel/jobs.ts';
import { type Go, Telling } from '../kernel/telling.ts';
import '../kernel/tree/jobs.ts';
import '../storage/overlay2/jobs.ts';
import '../image/jobs/jobs.ts';
import '../image/archive/jobs.ts';
import '../storage/archive/jobs.ts';
import '../storage/tree/jobs.ts';
import '../storage/vfs/jobs.ts';
import '../network/ports/jobs.ts';
import '../network/why/jobs.ts';
import '../volume/copy-up/jobs.ts';
import '../build/cache/jobs.ts';
import '../build/remote-cache/jobs.ts';
import '../build/context/jobs.ts';

const describe = (error: unknown): Outcome['failure'] => {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack && { stack: error.stack }),
  };
};

/** Parts of results that wait for the caller, and what sends them, by the job's number. */
const untaken = new Map<number, (answer: Go) => void>();
const sending = new Map<number, Telling>();

parentPort?.on('message', async ({ id, name, input, go = false, ...rest }: Request) => {
  if (name === undefined) {
    const taken = untaken.get(id);
    untaken.delete(id);
    return taken ? taken({ go, ...rest }) : sending.get(id)?.close();
  }
  const telling = new Telling(
    (part) =>
      new Promise((resolve) => {
        untaken.set(id, resolve);
        parentPort?.postMessage({ id, part } satisfies Outcome);
      }),
  );
  sending.set(id, telling);
  const outcome: Outcome = await doJob(name, input, telling).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, failure: describe(error) }),
  );
  sending.delete(id);
  parentPort?.postMessage(outcome);
});
