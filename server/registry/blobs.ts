/** /v2/<name>/blobs/…: OCI distribution spec, "Pulling blobs" and "Pushing blobs". */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { RegistryRefusal } from './error.ts';
import { answer, type Exchange, type Handler } from './exchange.ts';
import { checkDigest } from './digest.ts';
import { checkName } from './storage.ts';
import { rangeOf } from './uploads.ts';

const location = (x: Exchange, digest: string) => ({
  Location: `/v2/${x.name}/blobs/${digest}`,
  'Docker-Content-Digest': digest,
});
const uploadState = (x: Exchange, id: string, size: number) => ({
  Location: `/v2/${x.name}/blobs/uploads/${id}`,
  Range: rangeOf(size),
  'Docker-Upload-UUID': id,
});

/**
 * 'bytes=10-', 'bytes=10-19' or 'bytes=-5'; undefined means the whole blob. Throws RegistryRefusal RANGE_INVALID. RFC
 * 9110, "Range".
 */
function wantedRange(header: string | undefined, size: number): [start: number, end: number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (!match[1] && !match[2])) return undefined;
  const start = match[1] ? Number(match[1]) : Math.max(size - Number(match[2]), 0);
  const end = match[1] && match[2] ? Math.min(Number(match[2]), size - 1) : size - 1;
  if (start > end)
    throw new RegistryRefusal('RANGE_INVALID', `the blob has ${size} bytes`, { 'Content-Range': `bytes */${size}` });
  return [start, end];
}

export const getBlob: Handler = async (x) => {
  const digest = checkDigest(x.reference);
  const size = x.storage.blobSize(x.name, digest);
  const range = wantedRange(x.req.headers.range, size);
  const [start, end] = range ?? [0, size - 1];
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    'Content-Length': end - start + 1,
    ETag: `"${digest}"`,
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  };
  x.res.writeHead(range ? 206 : 200, headers);
  if (x.req.method === 'HEAD' || !size) return void x.res.end();
  await pipeline(createReadStream(x.storage.blobPath(digest), { start, end, highWaterMark: 1 << 18 }), x.res);
};

export const deleteBlob: Handler = (x) => {
  x.storage.unlinkBlob(x.name, checkDigest(x.reference));
  answer(x, 202);
};

/**
 * POST …/uploads/: a mount from another repository, a whole blob at once (?digest=), or the beginning of an upload. A
 * mount without `from` finds the blob in any repository.
 */
export const beginUpload: Handler = async (x) => {
  checkName(x.name);
  const mount = x.query.get('mount');
  const from = x.query.get('from');
  if (mount && (await x.storage.mountBlob(x.name, checkDigest(mount), from === null ? undefined : checkName(from))))
    return answer(x, 201, location(x, mount));
  const digest = x.query.get('digest');
  const wanted = digest ? checkDigest(digest) : undefined;
  const id = x.uploads.begin(x.name);
  if (!wanted) return answer(x, 202, uploadState(x, id, 0));
  await x.uploads.append(x.name, id, x.req);
  await x.uploads.finish(x.name, id, wanted);
  answer(x, 201, location(x, wanted));
};

export const uploadStatus: Handler = (x) =>
  answer(x, 204, uploadState(x, x.reference, x.uploads.size(x.name, x.reference)));

export const appendUpload: Handler = async (x) => {
  const size = await x.uploads.append(x.name, x.reference, x.req, x.req.headers['content-range']);
  answer(x, 202, uploadState(x, x.reference, size));
};

/** Finishes an upload. The request may carry the last chunk. */
export const finishUpload: Handler = async (x) => {
  const digest = checkDigest(x.query.get('digest'));
  await x.uploads.append(x.name, x.reference, x.req, x.req.headers['content-range']);
  await x.uploads.finish(x.name, x.reference, digest);
  answer(x, 201, location(x, digest));
};

export const cancelUpload: Handler = (x) => {
  x.uploads.cancel(x.name, x.reference);
  answer(x, 204);
};
