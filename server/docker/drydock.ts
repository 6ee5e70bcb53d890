/** Drydock's own routes: stepping, the journal, the kernel's evidence, and the daemon itself. */
import { isIP } from 'node:net';
import type { ContainerHandle, Engine, GateCommand } from '../../runtime/machine/engine.ts';
import { frameAt } from '../../runtime/journal/frame.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { badParameter, Refusal } from '../../runtime/machine/refusal.ts';
import { omissions } from '../../runtime/steps/leave-out.ts';
import { phaseTexts } from '../../runtime/steps/phase-texts.ts';
import pkg from '../../package.json' with { type: 'json' };
import type { Tls } from '../live/place.ts';
import { type Json, readJson } from './body.ts';
import { sendRecording } from '../recording/send.ts';
import type { Exchange, Routes } from './route.ts';
import { drained } from './send.ts';
import { counts } from './system.ts';

/** What only a daemon can do, and a server alone refuses with 501. */
export interface DrydockOptions {
  /** Ends the daemon in good order; called once, after the answer has been sent. */
  shutdown?: () => void;
  /** The playground's address, with a token that is good once. */
  playground?: (port: number, tls?: Tls) => Promise<{ url: string }>;
  /** A container's run as one HTML file. */
  recording?: (of: ContainerHandle) => AsyncIterable<string>;
}

const the = (x: Exchange) => x.engine.container(x.param('id'));

/** Answers when execve(2) has succeeded or something before it failed; the journal tells what happens meanwhile. */
async function start(x: Exchange): Promise<number> {
  await the(x).start({ mode: x.query.flag('step') ? 'step' : 'run', breakpoints: x.query.list('break') });
  return 204;
}

/** One event a line; with follow=1 until the container is removed or the client leaves. */
async function journal(x: Exchange): Promise<void> {
  const handle = the(x);
  const gone = x.gone();
  const events = handle.journal(x.query.flag('follow'), gone);
  x.res.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  x.res.flushHeaders();
  for await (const event of events) {
    if (!x.res.write(`${JSON.stringify(event)}\n`)) await drained(x.res);
    if (gone.aborted) break;
  }
  x.res.end();
}

/** What was true after event k: a pure function of the journal, so that every client sees the same past. */
async function frame(x: Exchange): Promise<object> {
  const k = x.param('k');
  if (!/^\d{1,9}$/.test(k)) throw badParameter(`frame ${k} is not the number of an event; see drydock trace`);
  const events: Event[] = [];
  for await (const event of the(x).journal(false)) events.push(event);
  return frameAt(events, Number(k));
}

const bare: readonly unknown[] = ['next', 'into', 'continue', 'abort', 'pause'];
const placed: readonly unknown[] = ['break', 'clear'];

function gateCommand({ command, at, errno }: Json): GateCommand {
  if (command === 'fail' && typeof errno === 'string') return { command, errno };
  if (bare.includes(command)) return { command } as GateCommand;
  if (!placed.includes(command)) throw badParameter(`command must be one of ${[...bare, ...placed, 'fail'].join(', ')}, got ${JSON.stringify(command)}`);
  if (typeof at !== 'string' || !at) throw badParameter(`${String(command)} needs "at": a step, a phase or a system call`);
  return { command, at } as GateCommand;
}

function info(engine: Engine): object {
  const { root, execRoot, socket } = engine.settings;
  return { pid: process.pid, version: pkg.version, root, execRoot, socket, ...counts(engine.containers()) };
}

function tlsOf(value: unknown, port: number): Tls {
  const { address, cert, key } = (value ?? {}) as Record<string, unknown>;
  if (typeof address !== 'string' || !isIP(address)) throw badParameter(`tls address ${JSON.stringify(address)} is not an IP address to listen on`);
  if (typeof cert !== 'string' || typeof key !== 'string') throw badParameter('tls needs a certificate and its key, both as PEM');
  return { address, port, cert, key };
}

/** Whoever may use this socket is root; the token hands that on to one browser. */
async function playground(x: Exchange, address: DrydockOptions['playground']): Promise<object> {
  if (!address) throw new Refusal(501, 'this daemon has no playground');
  const { port = 0, tls } = await readJson(x.req);
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65535) throw badParameter(`port ${JSON.stringify(port)} is not a number from 0 to 65535`);
  return address(port, tls === undefined ? undefined : tlsOf(tls, port));
}

export const drydock = ({ shutdown, playground: address, recording }: DrydockOptions): Routes => ({
  'POST /drydock/containers/*id/start': start,
  'GET /drydock/containers/*id/journal': journal,
  'GET /drydock/containers/*id/frame/:k': frame,
  'GET /drydock/containers/*id/recording': async (x) => {
    if (!recording) throw new Refusal(501, 'this daemon makes no recordings');
    await sendRecording(x.res, recording(the(x)));
  },
  'POST /drydock/containers/*id/gate': async (x) => {
    the(x).gate(gateCommand(await readJson(x.req)));
    return 204;
  },
  'GET /drydock/containers/*id/inspect': (x) => the(x).inspectLive(x.query.text('step')),
  'GET /drydock/phases': () => phaseTexts,
  'GET /drydock/omissions': () => omissions.map(({ id, title, see, steps }) => ({ id, title, see, steps })),
  'GET /drydock/info': (x) => info(x.engine),
  'POST /drydock/playground': (x) => playground(x, address),
  'POST /drydock/shutdown': (x) => {
    if (!shutdown) throw new Refusal(501, 'this daemon cannot be ended over its socket');
    x.res.once('close', shutdown);
    return 204;
  },
});
