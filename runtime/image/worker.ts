/** The bundle dist/worker.js: a thread that does one of these jobs after the other for kernel/jobs.ts. */
import { parentPort } from 'node:worker_threads';
import { doJob, type Outcome, type Request } from '../kernel/jobs.ts';
import './jobs.ts';

const describe = (error: unknown): Outcome['failure'] => {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const code = (error as { code?: unknown }).code;
  return { name: error.name, message: error.message, ...(typeof code === 'string' && { code }), ...(error.stack && { stack: error.stack }) };
};

parentPort?.on('message', async ({ id, name, input }: Request) => {
  const outcome: Outcome = await doJob(name, input).then((result) => ({ id, result }), (error: unknown) => ({ id, failure: describe(error) }));
  parentPort?.postMessage(outcome);
});
