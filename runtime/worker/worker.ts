/** The bundle dist/worker.js: a worker thread that runs jobs for kernel/jobs.ts, also those of other directories. */
import { parentPort } from 'node:worker_threads';
import { doJob, type Outcome, type Request, teller } from '../kernel/jobs.ts';
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

/** Parts of results that wait for the caller, by the job's number. */
const untaken = new Map<number, (go: boolean) => void>();

parentPort?.on('message', async ({ id, name, input, go }: Request) => {
  if (name === undefined) {
    untaken.get(id)?.(go ?? false);
    return void untaken.delete(id);
  }
  const tell = teller(
    (part) =>
      new Promise((resolve) => {
        untaken.set(id, resolve);
        parentPort?.postMessage({ id, part } satisfies Outcome);
      }),
  );
  const outcome: Outcome = await doJob(name, input, tell).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, failure: describe(error) }),
  );
  parentPort?.postMessage(outcome);
});
