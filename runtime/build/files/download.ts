/** ADD of a URL: the file as the server sends it, in a directory of the build. */
import { createWriteStream, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { badParameter } from '../../errors/api-error.ts';
import type { HttpResponse } from '../../kernel/http.ts';
import { withoutPassword } from '../../kernel/http.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Source } from '../context/sources.ts';

export const isUrl = (word: string): boolean => /^https?:\/\//i.test(word);

const REDIRECTS_MOST = 10;
const BYTES_MOST = 16 * 2 ** 30;
const NAME_MOST = 255;
const MODE = 0o600;
/** For the whole of a download: a server that sends a byte now and then would hold the build for ever. */
const TIME_MOST_MS = 60 * 60_000;

/** Follows redirects; none leads from https to http. Throws ApiError 400. */
async function request(k: Kernel, text: string, signal: AbortSignal): Promise<{ url: string; response: HttpResponse }> {
  let url = text;
  for (let hops = 0; hops <= REDIRECTS_MOST; hops++) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw badParameter(`ADD failed: ${JSON.stringify(url.slice(0, 200))} is no URL`);
    const response = await k.fetch(url, { signal }).catch((cause: Error) => {
      throw badParameter(`ADD failed: failed to GET ${withoutPassword(url)}: ${cause.message}`);
    });
    if (response.status >= 200 && response.status < 300) return { url, response };
    response.body.destroy();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !location || !URL.canParse(location, url))
      throw badParameter(`ADD failed: failed to GET ${withoutPassword(url)} with status ${response.status}`);
    const next = new URL(location, url).href;
    if (url.startsWith('https:') && !next.startsWith('https:'))
      throw badParameter(`ADD failed: ${new URL(url).host} redirects to an address without TLS, which is not followed`);
    url = next;
  }
  throw badParameter(`ADD failed: ${withoutPassword(text)} redirects more than ${REDIRECTS_MOST} times`);
}

/** The last part of the path, unless it cannot be the name of a file. */
function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1)!;
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // it is taken as it stands
  }
  const isName = name && name !== '.' && name !== '..' && !/[/\0]/.test(name) && Buffer.byteLength(name) <= NAME_MOST;
  return isName ? name : 'download';
}

/** The time of the file is that of Last-Modified, and 1970 without it. Throws ApiError 400. */
export async function download(
  k: Kernel,
  text: string,
  dir: string,
  gone: AbortSignal,
  most = TIME_MOST_MS,
): Promise<Source> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(badParameter(`ADD failed: ${withoutPassword(text)} was not there after ${most / 1000} s`)),
    most,
  );
  try {
    return await within(k, text, dir, AbortSignal.any([gone, late.signal]));
  } catch (error) {
    throw late.signal.aborted && !gone.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

async function within(k: Kernel, text: string, dir: string, signal: AbortSignal): Promise<Source> {
  const { response } = await request(k, text, signal);
  // the name is that of the URL in the Dockerfile, also when that redirects
  const name = nameOf(text);
  let bytes = 0;
  const bounded = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (bytes > BYTES_MOST) done(badParameter(`ADD failed: the file has more than ${BYTES_MOST} bytes`));
      else done(null, piece);
    },
  });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, name);
  await pipeline(response.body, bounded, createWriteStream(path, { flags: 'wx', mode: MODE }), { signal });
  const length = response.headers.get('content-length');
  if (length !== undefined && Number(length) !== bytes)
    throw badParameter(`ADD failed: ${withoutPassword(text)} sent ${bytes} bytes of ${length}`);
  const modified = Date.parse(response.headers.get('last-modified') ?? '') || 0;
  utimesSync(path, modified / 1000, modified / 1000);
  k.fact({ kind: 'file', key: withoutPassword(text), value: `${bytes} bytes` });
  return { dir, pattern: name, literal: true, asIs: true };
}
