/** Stepping, the journal and the kernel's evidence, over HTTP: the same routes for a container and for an operation. */
import { advance, begin } from '../../../runtime/journal/frame.ts';
import type { GateCommand } from '../../../runtime/engine/engine.ts';
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import type { Walkable } from '../../../runtime/operation/walkable.ts';
import { sendRecording } from '../../recording/send.ts';
import { type Json, readJson } from '../http/body.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { drained } from '../../../runtime/kernel/drained.ts';

export interface Walks {
  find(x: Exchange): Walkable;
  /** absent: this daemon makes no recordings */
  recording?: ((x: Exchange) => AsyncIterable<string>) | undefined;
}

/**
 * One event a line. With follow=1 it goes on until the operation is over, the container is removed or the client
 * leaves.
 */
async function journal(x: Exchange, of: Walkable): Promise<void> {
  const gone = x.gone();
  const events = of.journal(x.query.flag('follow'), gone);
  x.res.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  x.res.flushHeaders();
  for await (const event of events) {
    if (!x.res.write(`${JSON.stringify(event)}\n`)) await drained(x.res);
    if (gone.aborted) break;
  }
  x.res.end();
}

/** The state after event k. It is a pure function of the journal, so every client sees the same past. */
async function frame(x: Exchange, of: Walkable): Promise<object> {
  const k = x.param('k');
  if (!/^\d{1,9}$/.test(k)) throw badParameter(`frame ${k} is not the number of an event; see drydock trace`);
  const frame = begin();
  let last = -1;
  // read in pieces, because a journal may have a hundred thousand events
  for await (const event of of.journal(false)) {
    if (event.seq <= Number(k)) advance(frame, event);
    last = event.seq;
    frame.of++;
  }
  if (frame.of && Number(k) > last) throw badParameter(`there is no event ${k}: the last one has the number ${last}`);
  return frame;
}

const bare: readonly unknown[] = ['next', 'into', 'continue', 'abort', 'pause'];
const placed: readonly unknown[] = ['break', 'clear'];

function gateCommand({ command, at, errno }: Json): GateCommand {
  if (command === 'fail' && typeof errno === 'string') return { command, errno };
  if (bare.includes(command)) return { command } as GateCommand;
  if (!placed.includes(command))
    throw badParameter(
      `command must be one of ${[...bare, ...placed, 'fail'].join(', ')}, got ${JSON.stringify(command)}`,
    );
  if (typeof at !== 'string' || !at)
    throw badParameter(`${String(command)} needs "at": a step, a phase or a system call`);
  return { command, at } as GateCommand;
}

/** The routes below `prefix`, which ends with the parameter that `find` reads. */
export const walkRoutes = (prefix: string, { find, recording }: Walks): Routes => ({
  [`GET ${prefix}/journal`]: (x) => journal(x, find(x)),
  [`GET ${prefix}/frame/:k`]: (x) => frame(x, find(x)),
  [`GET ${prefix}/recording`]: async (x) => {
    if (!recording) throw new ApiError(501, 'this daemon makes no recordings');
    await sendRecording(x.res, recording(x));
  },
  [`POST ${prefix}/gate`]: async (x) => {
    const of = find(x);
    of.gate(gateCommand(await readJson(x.req)));
    return 204;
  },
  [`GET ${prefix}/inspect`]: (x) => find(x).inspectLive(x.query.text('step')),
});
