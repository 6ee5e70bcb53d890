/** Gives the client the result of a build: its files, or what it is told of an image that is in the store already. */
import type { Image } from '../../../../runtime/image/manifest/image.ts';
import type { Context } from './run-build.ts';
import { sendFile, sendTree } from './send-files.ts';
import type { Solve } from './solve.ts';

/** Waits for the client's result, and returns the fields of the answer. */
export async function answerOf(context: Context, solve: Solve): Promise<Record<string, string>> {
  const [exporter] = solve.exporters;
  const [image] = await solve.results();
  if (!image || !exporter) return {};
  if (exporter.type === 'local' || exporter.type === 'tar') return (await send(context, solve, image), {});
  const name = exporter.attributes['name'];
  return {
    'containerimage.digest': image.id,
    'containerimage.config.digest': image.id,
    ...(name && { 'image.name': name }),
  };
}

async function send({ engine, sessions }: Context, solve: Solve, image: Image): Promise<void> {
  const session = await sessions.when(solve.session, 'session', solve.signal);
  const signal = AbortSignal.any([solve.signal, session.gone]);
  const { files } = engine.builds;
  if (solve.exporters[0]!.type === 'tar') {
    solve.progress.begin('sending tarball');
    return files.tar(image, (parts) => sendFile(session, parts, signal));
  }
  solve.progress.begin('copying files');
  return files.tree(image, (dir) => sendTree(session, dir, signal));
}
