/** The files of a COPY as an archive, made in a worker. */
import { jobParts, type Parts } from '../../kernel/jobs.ts';
import '../context/jobs.ts';
import type { ArchiveInput } from '../context/sources.ts';

export const archived = (input: ArchiveInput): Parts<Uint8Array> => jobParts<Uint8Array>('build-archive', input);
