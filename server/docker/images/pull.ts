/** POST /images/create: runs the pull phase and sends its progress as lines. */
import {
  familiarName,
  familiarRepository,
  isTag,
  normalize,
  parseReference,
} from '../../../runtime/image/manifest/reference.ts';
import { parsePlatform } from '../../../runtime/image/manifest/platform.ts';
import type { PullProgress } from '../../../runtime/image/pull.ts';
import { badParameter, notFound } from '../../../runtime/errors/api-error.ts';
import { messageOf } from '../http/failures.ts';
import { importImage } from './import.ts';
import { progressLine, throttle } from './progress.ts';
import { registryAuth } from './registry-auth.ts';
import type { Exchange, Routes } from '../http/route.ts';

const DIGEST = /^sha256:[a-f0-9]{64}$/;

/** fromImage and tag (which may be a digest) as one reference. */
function referenceOf(x: Exchange): string {
  const [from, tag] = [x.query.text('fromImage'), x.query.text('tag')];
  if (!from) throw badParameter('fromImage must name an image');
  if (!tag) return from;
  if (DIGEST.test(tag)) return `${from}@${tag}`;
  if (!isTag(tag)) throw badParameter(`invalid tag format: ${tag}`);
  return `${from}:${tag}`;
}

/** The status line waits for the first line of progress, because until then an error can be answered with a status. */
function lines(x: Exchange, first: object): { write(line: object): void; begun(): boolean } {
  const { res } = x;
  const send = (line: object) => void res.write(`${JSON.stringify(line)}\r\n`);
  const begin = () => {
    if (res.headersSent) return;
    res.writeHead(200, { 'Content-Type': 'application/json' });
    send(first);
  };
  return {
    write(line) {
      if (res.destroyed) return;
      begin();
      send(line);
    },
    begun: () => res.headersSent,
  };
}

async function create(x: Exchange): Promise<void> {
  const source = x.query.text('fromSrc');
  if (source && !x.query.text('fromImage')) return importImage(x, source);
  const asked = referenceOf(x);
  const { tag, digest } = parseReference(asked);
  return tag === undefined && digest === undefined ? pullAll(x, asked) : pull(x, asked);
}

/** As in dockerd, a name without a tag means all tags of the repository; docker's client adds `latest` itself. */
async function pullAll(x: Exchange, name: string): Promise<void> {
  const platform = x.query.text('platform');
  if (platform) parsePlatform(platform);
  const tags = await x.engine.registries.tags(parseReference(name), registryAuth(x.req), x.gone());
  if (!tags.length) throw notFound(`${name} has no tags`);
  for (const tag of tags) if (!x.res.destroyed && !(await pullOne(x, `${name}:${tag}`))) break;
  x.res.end();
}

async function pull(x: Exchange, asked: string): Promise<void> {
  await pullOne(x, asked);
  x.res.end();
}

/** Returns false when the error was sent as the last line. Throws when nothing was sent yet. */
async function pullOne(x: Exchange, asked: string): Promise<boolean> {
  const reference = normalize(asked);
  const platform = x.query.text('platform');
  const auth = registryAuth(x.req);
  const out = lines(x, { status: `Pulling from ${reference.path}`, id: reference.tag ?? reference.digest ?? 'latest' });
  const passes = throttle();
  const progress = (line: PullProgress): void => {
    // a client that reads slowly misses some numbers, but no change of status
    if (
      line.status.startsWith('Pulling from ') ||
      !passes(line) ||
      (line.current !== undefined && x.res.writableNeedDrain)
    )
      return;
    out.write(progressLine(line));
  };
  try {
    const { image, fresh, notice, ...found } = await x.engine.pull({
      reference: asked,
      progress,
      signal: x.gone(),
      ...(platform && { platform }),
      ...(auth && { auth }),
    });
    const digest =
      found.digest ??
      reference.digest ??
      image.digests.find((name) => name.startsWith(`${familiarRepository(reference)}@`))?.split('@')[1];
    if (notice) out.write({ status: notice });
    if (digest) out.write({ status: `Digest: ${digest}` });
    out.write({
      status: `Status: ${fresh ? 'Downloaded newer image' : 'Image is up to date'} for ${familiarName(reference)}`,
    });
  } catch (error) {
    if (!out.begun()) throw error;
    out.write({ errorDetail: { message: messageOf(error) }, error: messageOf(error) });
    return false;
  }
  return true;
}

export const imagesPull: Routes = { 'POST /images/create': create };
