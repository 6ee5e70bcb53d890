/** The streams of a container, attach, logs and export, and two short requests, top and changes. */
import { pipeline } from 'node:stream/promises';
import type { Socket } from 'node:net';
import { createWebSocketStream } from 'ws';
import { parseDetachKeys } from '../../../runtime/container/io/detach-keys.ts';
import type { Handle } from '../../../runtime/engine/engine.ts';
import type { LogOptions } from '../../../runtime/container/logs/log-file.ts';
import { badParameter, conflict } from '../../../runtime/errors/api-error.ts';
import { messageOf } from '../http/failures.ts';
import { frame, hijack, streamType, webSocket } from '../http/hijack.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { sendParts } from '../http/send-parts.ts';
import { drained } from '../../../runtime/kernel/drained.ts';

/** For a client that does not close its half: the time without a byte from it, and the time in all. */
const LINGER_IDLE_MS = 5_000;
const LINGER_MS = 60_000;

/**
 * Sends FIN after everything that was written. What the client still sends is discarded. A client that never closes its
 * half is cut off after a delay in which it can read what it got. While it goes on sending, the delay begins anew,
 * because its next write would fail with EPIPE, and many clients then give up what they have not read.
 */
export function finish(socket: Socket): void {
  const cut = (): void => void socket.destroy();
  socket.once('finish', () => {
    socket.setTimeout(LINGER_IDLE_MS, cut);
    const limit = setTimeout(cut, LINGER_MS).unref();
    socket.once('close', () => clearTimeout(limit));
  });
  socket.resume();
  socket.end();
}

/** Writes a message into the output. After the stream has begun, Docker's protocol has no other place for it. */
export function tell(socket: Socket, tty: boolean, text: string): void {
  if (socket.writable) socket.write(tty ? `${text}\r\n` : frame(2, `${text}\r\n`));
}

/** Waits until the stream ends. An error after the answer's head was sent can only be reported in the stream. */
export async function couple(socket: Socket, tty: boolean, coupling: Promise<unknown>): Promise<void> {
  try {
    await coupling;
  } catch (error) {
    tell(socket, tty, messageOf(error));
  }
  finish(socket);
}

type AttachOptions = Parameters<Handle['attach']>[1];

function attachAsked(x: Exchange): { handle: Handle; tty: boolean; options: AttachOptions } {
  // dockerd's messages repeat the name or id that the client used
  const ref = x.param('id');
  const handle = x.engine.container(ref);
  const {
    container: { request },
    state,
  } = handle;
  if (state.status === 'paused') throw conflict(`container ${ref} is paused, unpause the container before attach`);
  if (state.status === 'restarting')
    throw conflict(`container ${ref} is restarting, wait until the container is running`);
  const { query } = x;
  const options: AttachOptions = {
    stdin: query.flag('stdin'),
    stdout: query.flag('stdout'),
    stderr: query.flag('stderr'),
    logs: query.flag('logs'),
    stream: query.flag('stream'),
    ...(query.text('detachKeys') && { detachKeys: query.text('detachKeys')! }),
  };
  parseDetachKeys(options.detachKeys);
  return { handle, tty: request.Tty === true, options };
}

async function attach(x: Exchange): Promise<void> {
  const { handle, tty, options } = attachAsked(x);
  const socket = hijack(x, tty);
  await couple(socket, tty, handle.attach(socket, options));
}

/** RFC 6455, section 7.4.1: an error of the server. */
const INTERNAL_ERROR = 1011;
/** In bytes. A close frame holds 125, two of them the status. */
const MOST_REASON = 123;

/** Binary messages, and never multiplexed: stdout and stderr are one stream. */
async function attachWebSocket(x: Exchange): Promise<void> {
  const { handle, options } = attachAsked(x);
  const ws = await webSocket(x);
  const stream = createWebSocketStream(ws);
  // the client has gone; the coupling ends with the stream
  stream.on('error', () => undefined);
  try {
    await handle.attach(stream, { ...options, raw: true });
    stream.end();
  } catch (error) {
    ws.close(INTERNAL_ERROR, Buffer.from(messageOf(error)).subarray(0, MOST_REASON));
  }
}

/** 'all' or a number of lines. As in docker, any other value means all. */
function tail(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

async function logs(x: Exchange): Promise<void> {
  const { query, res } = x;
  const handle = x.engine.container(x.param('id'));
  const options: LogOptions = {
    stdout: query.flag('stdout'),
    stderr: query.flag('stderr'),
    follow: query.flag('follow'),
    timestamps: query.flag('timestamps'),
    details: query.flag('details'),
  };
  if (!options.stdout && !options.stderr) throw badParameter('Bad parameters: you must choose at least one stream');
  const limits = { since: query.moment('since'), until: query.moment('until'), tail: tail(query.text('tail')) };
  // docker's clients send 0 for "not given", except as a number of lines
  const given = Object.entries(limits).filter(
    ([name, value]) => value !== undefined && ((value !== 0 && value !== 0n) || name === 'tail'),
  );
  const stream = handle.logs({ ...options, ...Object.fromEntries(given) });
  res.writeHead(200, { 'Content-Type': streamType(handle.container.request.Tty === true, x.api) });
  res.flushHeaders();
  // pipeline() ends the stream when the client leaves, and ends the connection when the stream fails
  await pipeline(stream, res).catch(() => undefined);
}

/** A list of any length, sent as it is found. An error before the first part is answered with a status. */
async function changes(x: Exchange): Promise<void> {
  const parts = x.engine.container(x.param('id')).changes()[Symbol.asyncIterator]();
  let part = await parts.next();
  x.res.writeHead(200, { 'Content-Type': 'application/json' });
  x.res.write('[');
  for (let separator = ''; !part.done; separator = ',', part = await parts.next()) {
    if (!x.res.write(`${separator}${JSON.stringify(part.value).slice(1, -1)}`)) await drained(x.res);
    if (x.res.destroyed) return void (await parts.return?.());
  }
  x.res.end(']\n');
}

/** docker export. An error before the first part is answered with a status; a later one cuts the archive off. */
async function exported(x: Exchange): Promise<void> {
  const { res } = x;
  const begin = () => void res.writeHead(200, { 'Content-Type': 'application/octet-stream' });
  await sendParts(res, x.engine.container(x.param('id')).exported(), begin);
  res.end();
}

export const containersStreams: Routes = {
  'POST /containers/*id/attach': attach,
  'GET /containers/*id/attach/ws': attachWebSocket,
  'GET /containers/*id/logs': logs,
  'GET /containers/*id/top': (x) => x.engine.container(x.param('id')).top(x.query.text('ps_args')),
  'GET /containers/*id/changes': changes,
  'GET /containers/*id/export': exported,
};
