/** An HTTP response for the recording kernel to return. */
import { Readable } from 'node:stream';
import type { HttpResponse } from '../../runtime/kernel/http.ts';

export const answerOf = (
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  status = 200,
): HttpResponse => ({
  status,
  headers: new Map(Object.entries(headers)),
  body: Readable.from([Buffer.from(body)], { objectMode: false }),
});
