/** Jobs for the worker thread that read and write whole volumes. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { CopyUpInput } from './copy-up.ts';

/** The module is loaded at its first use, so that the worker starts fast. */
const copying = () => import('./copy-up.ts');

registerJobs({
  'volume-copy-up': async (input: CopyUpInput) => (await copying()).copyUp(input),
  'volume-finish-copy': async (dir: string) => (await copying()).finishCopy(dir),
});
registerJobs({ 'volume-size': async (dir: string) => (await import('./size.ts')).sizeOf(dir) }, 'trees');
