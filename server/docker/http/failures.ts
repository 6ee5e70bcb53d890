/** Turns a thrown error into an answer: {"message": …} with a status, or the end of a stream that has begun. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { ApiError } from '../../../runtime/errors/api-error.ts';
import { sendJson } from './send.ts';

export function statusOf(error: unknown): number {
  if (error instanceof ApiError) return error.status;
  // express and its router set `status` on client errors, such as a bad %-escape
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function pageNotFound(_req: Request, res: Response): void {
  sendJson(res, 404, { message: 'page not found' });
}

/** express recognises an error handler by its four parameters. */
export function answerError(error: unknown, _req: Request, res: Response, _next: NextFunction): void {
  if (res.headersSent) {
    // it is too late for a status; cutting the connection shows the client that the answer is incomplete
    res.destroy();
    return;
  }
  const status = statusOf(error);
  if (status === 304) return void res.status(304).end();
  // Node discards the rest of the body, so that the client can send all of it and then read this answer
  const exitCode = error instanceof ApiError ? error.exitCode : undefined;
  sendJson(res, status, { message: messageOf(error), ...(exitCode !== undefined && { exitCode }) });
}

const REASONS: Record<string, [string, string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'request headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive'],
};

/** Bytes that are not HTTP: answers and ends only this connection. */
export function refuseMalformed(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const [status, message] = REASONS[error.code ?? ''] ?? ['400 Bad Request', `malformed request: ${error.message}`];
    const body = JSON.stringify({ message });
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
