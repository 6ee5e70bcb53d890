/** Reads a request's JSON body and checks its size and type. */
import type { IncomingMessage } from 'node:http';
import { parseJson } from '../../../runtime/json/parse-json.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { jsonWords } from './json-words.ts';

/** In bytes, for requests with a command and an environment: execve(2) takes six megabytes, which grow as JSON. */
export const COMMAND_LIMIT = 16 * 1024 * 1024;

export type Json = Record<string, unknown>;

/** How long to wait for a client that stops in the middle of a JSON body. */
const IDLE_MS = 10_000;

/** Rejects with 400 above `limit`, but leaves the request open, so that the client gets the answer. */
function bytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => fail(`the request's body stopped after ${size} bytes`), IDLE_MS);
    const fail = (message: string) => {
      clearTimeout(timer);
      req.off('data', onData).off('close', onClose);
      reject(badParameter(message));
    };
    const onClose = () => fail('the request ended in the middle of its body');
    const onData = (chunk: Buffer) => {
      timer.refresh();
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) fail(`request body too large: at most ${limit} bytes are taken here`);
    };
    if (Number(req.headers['content-length'] ?? 0) > limit)
      return fail(`request body too large: at most ${limit} bytes are taken here`);
    req.on('data', onData);
    req.once('end', () => {
      clearTimeout(timer);
      req.off('close', onClose);
      resolve(Buffer.concat(chunks));
    });
    req.once('close', onClose);
  });
}

/**
 * An absent or empty body is {}; with `nullable` so is null. Throws 400 for anything that is not a JSON object, and for
 * a Content-Type other than application/json, because other types are what a foreign site can make a browser send.
 */
export async function readJson(req: IncomingMessage, limit = 64 * 1024, nullable = false): Promise<Json> {
  const text = (await bytes(req, limit)).toString('utf8').trim();
  if (!text) return {};
  const type = (req.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json')
    throw badParameter(`unsupported Content-Type header (${type}): must be 'application/json'`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw badParameter(jsonWords(text, cause as SyntaxError));
  }
  if (nullable && value === null) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badParameter(`invalid JSON: an object is needed, got ${text.slice(0, 40)}`);
  return value as Json;
}
