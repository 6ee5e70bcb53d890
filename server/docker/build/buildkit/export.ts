/** What happens with the result of a build, and what the client is told of it. */
import { ApiError } from '../../../../runtime/errors/api-error.ts';
import type { Context } from './run-build.ts';
import type { Solve } from './solve.ts';

/** The image is in the store and has its names already. */
const STORED = ['moby', 'image', 'docker'];

/** Waits for the client's result, exports it, and returns the fields of the answer. */
export async function answerOf(_context: Context, solve: Solve): Promise<Record<string, string>> {
  const [exporter] = solve.exporters;
  if (exporter && !STORED.includes(exporter.type))
    throw new ApiError(501, `--output type=${exporter.type}: not there yet in Drydock`);
  const [image] = await solve.results();
  if (!image || !exporter) return {};
  const name = exporter.attributes['name'];
  return {
    'containerimage.digest': image.id,
    'containerimage.config.digest': image.id,
    ...(name && { 'image.name': name }),
  };
}
