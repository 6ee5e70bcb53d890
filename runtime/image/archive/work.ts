/** The directory of one save or load, and the parts of an archive that a worker writes. */
import { mkdirSync } from 'node:fs';
import { jobParts, type Parts } from '../../kernel/jobs.ts';
import './jobs.ts';
import type { ArchivedContent, ArchiveEntry } from './send.ts';

export const makeDirectory = (dir: string): void => void mkdirSync(dir, { recursive: true, mode: 0o700 });

export const archiveParts = (entries: readonly ArchiveEntry[], signal?: AbortSignal): Parts<Uint8Array> =>
  jobParts<Uint8Array>('images-send', entries, signal);

/** The content of one entry. */
export const contentParts = (file: ArchivedContent, signal?: AbortSignal): Parts<Uint8Array> =>
  jobParts<Uint8Array>('images-send-one', file, signal);
