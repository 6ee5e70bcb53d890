/** Reads a request's JSON body, bounded in size and checked in kind. */
import type { IncomingMessage } from 'node:http';
import { badParameter } from '../../runtime/machine/refusal.ts';
import { bodyOfTaken } from './hijack.ts';

export type Json = Record<string, unknown>;

/** Rejects with 400 beyond `limit`, but leaves the request open: its answer has to get through. */
function bytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  const taken = bodyOfTaken(req);
  if (taken) return Promise.resolve(taken);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = () => {
      req.off('data', onData);
      reject(badParameter(`request body too large: at most ${limit} bytes are taken here`));
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) tooLarge();
    };
    if (Number(req.headers['content-length'] ?? 0) > limit) return tooLarge();
    req.on('data', onData);
    req.once('end', () => resolve(Buffer.concat(chunks)));
    req.once('close', () => reject(badParameter('the request ended in the middle of its body')));
  });
}

/**
 * An absent or empty body is {}. Anything that is not a JSON object is 400, and so is another Content-Type than
 * application/json: what a browser can be tricked into sending has another one.
 */
export async function readJson(req: IncomingMessage, limit = 64 * 1024): Promise<Json> {
  const text = (await bytes(req, limit)).toString('utf8').trim();
  if (!text) return {};
  const type = (req.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') throw badParameter(`unsupported Content-Type header (${type}): must be 'application/json'`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badParameter(`invalid JSON: ${(cause as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badParameter(`invalid JSON: an object is needed, got ${text.slice(0, 40)}`);
  return value as Json;
}
