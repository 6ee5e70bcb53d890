/** POST /images/create: the daemon pulls, and the client shows the progress. */
import type { Client } from './client.ts';
import { Failure } from '../failure/failure.ts';
import { Progress, type ProgressLine } from '../terminal/progress.ts';

export interface PullOptions {
  platform?: string;
  quiet?: boolean;
  out: NodeJS.WriteStream;
  code?: number;
  signal?: AbortSignal;
}

/**
 * Splits 'host:5000/a/b:tag@sha256:…' into the name and the tag or digest, which the API takes separately. Without
 * either, the tag is `latest`, because an empty tag would mean all tags.
 */
export function splitReference(reference: string): { name: string; tag: string } {
  const [rest, digest] = reference.split('@', 2) as [string, string?];
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  const name = colon < 0 ? rest : rest.slice(0, colon);
  return { name, tag: digest ?? (colon < 0 ? 'latest' : rest.slice(colon + 1)) };
}

export async function pullImage(
  client: Client,
  reference: string,
  { platform, quiet, out, code = 1, signal }: PullOptions,
): Promise<void> {
  const { name, tag } = splitReference(reference);
  const progress = new Progress(out, quiet);
  try {
    for await (const line of client.lines<ProgressLine>('POST', '/images/create', {
      query: { fromImage: name, tag, platform },
      ...(signal && { signal }),
    })) {
      const error = line.errorDetail?.message ?? line.error;
      if (error) throw new Failure(error, code);
      progress.line(line);
    }
  } catch (error) {
    throw error instanceof Failure ? new Failure(error.message, code, { cause: error }) : error;
  } finally {
    progress.finish();
  }
}
