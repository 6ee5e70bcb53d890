/** Gives the client the result of a build: its files, an archive, or what it is told of an image in the store. */
import type { Descriptor } from '../../../../runtime/image/archive/documents.ts';
import type { ArchiveEntry } from '../../../../runtime/image/archive/send.ts';
import { contentParts } from '../../../../runtime/image/archive/work.ts';
import { familiarName, normalize } from '../../../../runtime/image/manifest/reference.ts';
import type { Image } from '../../../../runtime/image/manifest/image.ts';
import { annotationsIn } from './annotations.ts';
import { ContentStore } from './content-store.ts';
import { isOff } from './is-off.ts';
import type { Context } from './run-build.ts';
import { authOf } from './secrets.ts';
import { sendFile, sendTree } from './send-files.ts';
import type { Exporter, Solve } from './solve.ts';

/** Waits for the client's result, and returns the fields of the answer. */
export async function answerOf(context: Context, solve: Solve): Promise<Record<string, string>> {
  const [exporter] = solve.exporters;
  const [image] = await solve.results();
  if (!image || !exporter) return {};
  if (exporter.type === 'local' || exporter.type === 'tar') return (await send(context, solve, image), {});
  const { name = '', push = '' } = exporter.attributes;
  if (!isOff(push)) await pushAll(context, solve, name);
  const isArchive = exporter.type === 'oci' || exporter.type === 'docker';
  const descriptor = isArchive ? await sendImage(context, solve, image, exporter) : undefined;
  return {
    'containerimage.digest': descriptor?.digest ?? image.id,
    'containerimage.config.digest': image.id,
    ...(descriptor && {
      'containerimage.descriptor': Buffer.from(JSON.stringify(descriptor)).toString('base64'),
    }),
    ...(name && { 'image.name': name }),
  };
}

/** A client of today leaves the push to the daemon; buildx 0.13 pushes once more, and finds all there. */
async function pushAll({ engine, sessions }: Context, solve: Solve, names: string): Promise<void> {
  const session = await sessions.when(solve.session, 'session', solve.signal);
  const signal = AbortSignal.any([solve.signal, session.gone]);
  for (const name of names.split(',').filter(Boolean)) {
    const reference = normalize(name);
    solve.progress.begin(`pushing ${familiarName(reference)}`);
    const auth = await authOf(session, signal)(reference.domain);
    await engine.push({ reference, signal, ...(auth && { auth }) });
  }
}

/** `--output type=oci` and `type=docker,dest=FILE`. With tar=false the blobs come into a directory of the client. */
async function sendImage(
  { engine, sessions }: Context,
  solve: Solve,
  image: Image,
  { type, attributes }: Exporter,
): Promise<Descriptor | undefined> {
  const session = await sessions.when(solve.session, 'session', solve.signal);
  const signal = AbortSignal.any([solve.signal, session.gone]);
  const names = (attributes['name'] ?? '').split(',').filter(Boolean).map(normalize);
  const isTar = !isOff(attributes['tar'] ?? 'true');
  solve.progress.begin(`exporting to ${type === 'oci' ? 'oci' : 'docker'} image format`);
  const store = new ContentStore(session, 'export', signal);
  const [descriptor] = await engine.archives.save({
    names: [image.id],
    as: { layout: type === 'oci' ? 'oci' : 'docker', names, ...annotationsIn(attributes) },
    signal,
    send: (parts) => sendFile(session, parts, signal),
    ...(!isTar && { put: (entries) => putBlobs(store, entries, signal) }),
  });
  return descriptor;
}

/** Blobs alone; the client itself writes index.json, from the descriptor in the answer. */
async function putBlobs(store: ContentStore, entries: readonly ArchiveEntry[], signal: AbortSignal): Promise<void> {
  for (const { name, text, file } of entries) {
    const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (!hex) continue;
    if (file) await store.put(`sha256:${hex}`, file.size, contentParts(file, signal));
    else await store.put(`sha256:${hex}`, Buffer.byteLength(text!), [Buffer.from(text!)]);
  }
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
