/** A request and its answer, as the handlers get them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryRefusal } from './error.ts';
import type { Storage } from './storage.ts';
import type { Uploads } from './uploads.ts';

export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly query: URLSearchParams;
  readonly storage: Storage;
  readonly uploads: Uploads;
  /** from the route's pattern */
  readonly name: string;
  readonly reference: string;
}
export type Handler = (x: Exchange) => Promise<void> | void;

export function answer(
  x: Exchange,
  status: number,
  headers: Record<string, string | number> = {},
  body: Buffer | string = '',
): void {
  const bytes = Buffer.from(body);
  x.res.writeHead(status, { 'Content-Length': bytes.length, ...headers });
  x.res.end(x.req.method === 'HEAD' ? undefined : bytes);
}
export const answerJson = (x: Exchange, value: unknown, headers: Record<string, string> = {}): void =>
  answer(x, 200, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));

/** Reads the whole body. Throws RegistryRefusal SIZE_INVALID when it is larger than `limit`. */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new RegistryRefusal('SIZE_INVALID', `the body is larger than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A page of a list: ?n= and ?last=, and a Link to the next page. OCI distribution spec, "Listing Tags". */
export function page(
  x: Exchange,
  all: readonly string[],
  path: string,
): { items: string[]; headers: Record<string, string> } {
  const last = x.query.get('last');
  const n = x.query.get('n');
  const limit = n !== null && /^\d{1,6}$/.test(n) ? Number(n) : all.length;
  const rest = last === null ? all : all.filter((item) => item > last);
  const items = rest.slice(0, limit);
  const more = items.length && items.length < rest.length;
  return {
    items,
    headers: more
      ? { Link: `<${path}?n=${limit}&last=${encodeURIComponent(items[items.length - 1]!)}>; rel="next"` }
      : {},
  };
}
