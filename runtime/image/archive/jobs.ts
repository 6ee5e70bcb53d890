/** Jobs for the worker thread that read and write archives of images. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { CheckInput } from './check-layer.ts';
import type { ExpandInput } from './expand.ts';
import type { ImportInput } from './import.ts';
import type { ReceiveInput } from './receive.ts';
import type { ArchivedContent, ArchiveEntry } from './send.ts';
import type { VerifyInput } from './verify.ts';

registerJobs({
  'images-import': async (input: ImportInput) => (await import('./import.ts')).importLayer(input),
  'images-receive': async (input: ReceiveInput) => (await import('./receive.ts')).receiveArchive(input),
  'images-expand': async (input: ExpandInput) => (await import('./expand.ts')).expandLayer(input),
  'images-verify': async (input: VerifyInput) => (await import('./verify.ts')).verifyLayer(input),
  'images-check': async (input: CheckInput) => (await import('./check-layer.ts')).checkLayer(input),
  'images-send': async (entries: ArchiveEntry[], tell) => (await import('./send.ts')).sendArchive(entries, tell),
  'images-send-one': async (file: ArchivedContent, tell) => (await import('./send.ts')).sendContent(file, tell),
});
