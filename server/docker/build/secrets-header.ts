/** X-Drydock-Secrets of POST /build: base64url of JSON, each secret's id with its content in base64. */
import type { IncomingMessage } from 'node:http';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { parseJson } from '../../../runtime/json/parse-json.ts';

/** Throws ApiError 400 when the header cannot be parsed. */
export function secretsHeader(req: IncomingMessage): (id: string) => Promise<Uint8Array | undefined> {
  const header = req.headers['x-drydock-secrets'];
  const wrong = () => badParameter('invalid X-Drydock-Secrets header: base64url of a JSON object of texts is needed');
  const known = new Map<string, Buffer>();
  if (typeof header === 'string' && header) {
    let value: unknown;
    try {
      value = parseJson(Buffer.from(header, 'base64').toString('utf8'));
    } catch {
      throw wrong();
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong();
    for (const [id, content] of Object.entries(value)) {
      if (typeof content !== 'string') throw wrong();
      known.set(id, Buffer.from(content, 'base64'));
    }
  }
  return (id) => Promise.resolve(known.get(id));
}
