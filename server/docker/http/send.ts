import type { ServerResponse } from 'node:http';
import { drained } from '../../../runtime/kernel/drained.ts';

/** Sends JSON without a charset: the docker client reads `message` only when the type is exactly application/json. */
export function sendJson(res: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  res.end(body);
}

/**
 * Begins an answer of JSON lines: sends the headers now, and each line when it comes. `line` waits while the client
 * does not read, and returns false when the client has gone.
 */
export function jsonLines(
  res: ServerResponse,
  separator: '\n' | '\r\n' = '\n',
): { line(value: object): Promise<boolean>; end(): void } {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.flushHeaders();
  return {
    async line(value) {
      if (res.destroyed) return false;
      if (!res.write(`${JSON.stringify(value)}${separator}`)) await drained(res);
      return !res.destroyed;
    },
    end: () => void res.end(),
  };
}
