/** The bundle dist/worker.js: does one job after the other for jobs.ts. */
import { parentPort } from 'node:worker_threads';
import { doJob, type Outcome, type Request } from './jobs.ts';

const describe = (error: unknown): Outcome['failure'] => {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const code = (error as { code?: unknown }).code;
  return { name: error.name, message: error.message, ...(typeof code === 'string' && { code }), ...(error.stack && { stack: error.stack }) };
};

parentPort?.on('message', async ({ id, name, input }: Request) => {
  const outcome: Outcome = await doJob(name, input).then((result) => ({ id, result }), (error: unknown) => ({ id, failure: describe(error) }));
  parentPort?.postMessage(outcome);
});
