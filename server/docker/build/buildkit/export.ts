/** What the client is told of the result of a build. */
import type { Solve } from './solve.ts';

/** Waits for the client's result, whose image is in the store already, and returns the fields of the answer. */
export async function answerOf(solve: Solve): Promise<Record<string, string>> {
  const [exporter] = solve.exporters;
  const [image] = await solve.results();
  if (!image || !exporter) return {};
  const name = exporter.attributes['name'];
  return {
    'containerimage.digest': image.id,
    'containerimage.config.digest': image.id,
    ...(name && { 'image.name': name }),
  };
}
