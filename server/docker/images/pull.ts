/** POST /images/create: runs the pull phase and sends its progress as lines. */
import { familiarName, familiarRepository, isTag, normalize } from '../../../runtime/image/manifest/reference.ts';
import type { PullProgress } from '../../../runtime/image/pull.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { messageOf } from '../http/failures.ts';
import { importImage } from './import.ts';
import { progressLine, throttle } from './progress.ts';
import { registryAuth } from './registry-auth.ts';
import type { Exchange, Routes } from '../http/route.ts';

const DIGEST = /^sha256:[a-f0-9]{64}$/;

/** fromImage and tag (which may be a digest) as one reference. Without a tag docker's API would pull all tags. */
function referenceOf(x: Exchange): string {
  const [from, tag] = [x.query.text('fromImage'), x.query.text('tag')];
  if (!from) throw badParameter('fromImage must name an image');
  if (!tag) return from;
  if (DIGEST.test(tag)) return `${from}@${tag}`;
  if (!isTag(tag)) throw badParameter(`invalid tag format: ${tag}`);
  return `${from}:${tag}`;
}

/** The status line waits for the first line of progress, because until then an error can be answered with a status. */
function lines(x: Exchange, first: object): { write(line: object): void; begun(): boolean; end(): void } {
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
    end: () => void res.end(),
  };
}

async function create(x: Exchange): Promise<void> {
  const source = x.query.text('fromSrc');
  return source && !x.query.text('fromImage') ? importImage(x, source) : pull(x);
}

async function pull(x: Exchange): Promise<void> {
  const asked = referenceOf(x);
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
  }
  out.end();
}

export const imagesPull: Routes = { 'POST /images/create': create };
