/** What flows out of a container and into it: attach and logs; and top and changes, which are short. */
import { pipeline } from 'node:stream/promises';
import type { Socket } from 'node:net';
import { parseDetachKeys } from '../../../runtime/container/io/detach-keys.ts';
import type { Handle } from '../../../runtime/engine/engine.ts';
import type { LogOptions } from '../../../runtime/container/logs/log-file.ts';
import { badParameter, conflict } from '../../../runtime/errors/api-error.ts';
import { messageOf } from '../http/failures.ts';
import { frame, hijack, streamType } from '../http/hijack.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { drained } from '../http/send.ts';

const LINGER_MS = 5_000;

/**
 * Our FIN, after all that was written. What the client still sends goes nowhere, and a client that never closes its
 * half is cut off; it may take its time to read what it got.
 */
export function finish(socket: Socket): void {
  socket.once('finish', () => setTimeout(() => socket.destroy(), LINGER_MS).unref());
  socket.resume();
  socket.end();
}

/** Writes a message where the output would be; Docker has no other place for it once the stream has begun. */
export function tell(socket: Socket, tty: boolean, text: string): void {
  if (socket.writable) socket.write(tty ? `${text}\r\n` : frame(2, `${text}\r\n`));
}

/** Couples until the end. An error after the head has been sent can only be told in the stream. */
export async function couple(socket: Socket, tty: boolean, coupling: Promise<unknown>): Promise<void> {
  try {
    await coupling;
  } catch (error) {
    tell(socket, tty, messageOf(error));
  }
  finish(socket);
}

async function attach(x: Exchange): Promise<void> {
  // dockerd calls it as the client does
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
  const options: Parameters<Handle['attach']>[1] = {
    stdin: query.flag('stdin'),
    stdout: query.flag('stdout'),
    stderr: query.flag('stderr'),
    logs: query.flag('logs'),
    stream: query.flag('stream'),
    ...(query.text('detachKeys') && { detachKeys: query.text('detachKeys')! }),
  };
  parseDetachKeys(options.detachKeys);
  const tty = request.Tty === true;
  const socket = hijack(x, tty);
  await couple(socket, tty, handle.attach(socket, options));
}

/** 'all', a number of lines, or anything else, which docker takes for all. */
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
  };
  if (!options.stdout && !options.stderr) throw badParameter('Bad parameters: you must choose at least one stream');
  const limits = { since: query.time('since'), until: query.time('until'), tail: tail(query.text('tail')) };
  // 0 means "not given" to docker's clients, except as a number of lines
  const given = Object.entries(limits).filter(
    ([name, value]) => value !== undefined && (value !== 0 || name === 'tail'),
  );
  const stream = handle.logs({ ...options, ...Object.fromEntries(given) });
  res.writeHead(200, { 'Content-Type': streamType(handle.container.request.Tty === true, x.api) });
  res.flushHeaders();
  // the client leaving ends the stream, and the stream failing ends the connection: both are the pipeline's own work
  await pipeline(stream, res).catch(() => undefined);
}

/** A list of any length: sent as it is found. What fails before the first part was found is an answer. */
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

export const containersStreams: Routes = {
  'POST /containers/*id/attach': attach,
  'GET /containers/*id/logs': logs,
  'GET /containers/*id/top': (x) => x.engine.container(x.param('id')).top(x.query.text('ps_args')),
  'GET /containers/*id/changes': changes,
};
