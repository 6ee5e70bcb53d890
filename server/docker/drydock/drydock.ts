/** Drydock's own routes: stepping, the journal, the kernel's evidence, and the daemon itself. */
import { isIP } from 'node:net';
import { addressText } from '../../../runtime/data-root/api-address.ts';
import type { Engine } from '../../../runtime/engine/engine.ts';
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import { omissions } from '../../../runtime/container/leave-out.ts';
import { phaseTexts } from '../../../runtime/steps/phase-texts.ts';
import pkg from '../../../package.json' with { type: 'json' };
import type { Tls } from '../../sockets/origin.ts';
import { find, walkable, type Walked } from '../../../runtime/engine/find-walkable.ts';
import { readJson } from '../http/body.ts';
import { operations } from './operations.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { counts } from '../system/system.ts';
import { walkRoutes } from './walk.ts';
import { walkedBy } from '../http/walked.ts';
import { whyRoutes } from './why.ts';

/** Functions that only a daemon has. Without them the server answers 501. */
export interface DrydockOptions {
  /** Shuts the daemon down; called once, after the answer has been sent. */
  shutdown?: () => void;
  /** The playground's address with a token for one use. */
  playground?: (port: number, tls?: Tls) => Promise<{ url: string }>;
  /** The run of a container, or an operation, as one HTML file. */
  recording?: (of: Walked) => AsyncIterable<string>;
}

const the = (x: Exchange) => x.engine.container(x.param('id'));

/** The nodes of an image's tree of digests. The status is sent when the operation is over, or held. */
async function verify(x: Exchange): Promise<void> {
  const begin = () => void (x.res.headersSent || x.res.writeHead(200, { 'Content-Type': 'application/json' }));
  const nodes = await x.engine.archives.verify(x.param('name'), walkedBy(x, begin));
  begin();
  x.res.end(JSON.stringify(nodes));
}

/** Answers when execve(2) has succeeded or something before it has failed. The journal shows what happens meanwhile. */
async function start(x: Exchange): Promise<number> {
  await the(x).start({ mode: x.query.flag('step') ? 'step' : 'run', breakpoints: x.query.list('break') });
  return 204;
}

function info(engine: Engine): object {
  const { root, execRoot, listen } = engine.settings;
  const addresses = listen.map(addressText).join(', ');
  return { pid: process.pid, version: pkg.version, root, execRoot, listen: addresses, ...counts(engine.containers()) };
}

function tlsOf(value: unknown, port: number): Tls {
  const { address, cert, key } = (value ?? {}) as Record<string, unknown>;
  if (typeof address !== 'string' || !isIP(address))
    throw badParameter(`tls address ${JSON.stringify(address)} is not an IP address to listen on`);
  if (typeof cert !== 'string' || typeof key !== 'string')
    throw badParameter('tls needs a certificate and its key, both as PEM');
  return { address, port, cert, key };
}

/** Access to this socket means root. The token passes this on to one browser. */
async function playground(x: Exchange, address: DrydockOptions['playground']): Promise<object> {
  if (!address) throw new ApiError(501, 'this daemon has no playground');
  const { port = 0, tls } = await readJson(x.req);
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65535)
    throw badParameter(`port ${JSON.stringify(port)} is not a number from 0 to 65535`);
  return address(port, tls === undefined ? undefined : tlsOf(tls, port));
}

/**
 * Makes a container from a bundle: `{"bundle": "/path", "name", "stdin", "autoRemove", "labels"}`. It is started as any
 * other.
 */
async function createFromBundle(x: Exchange): Promise<object> {
  const { bundle, name, stdin = false, autoRemove = false, labels = {} } = await readJson(x.req);
  if (typeof bundle !== 'string') throw badParameter('bundle must be the absolute path of a directory');
  if (name !== undefined && typeof name !== 'string') throw badParameter('name must be a text');
  if (typeof stdin !== 'boolean' || typeof autoRemove !== 'boolean')
    throw badParameter('stdin and autoRemove must be true or false');
  if (!isTexts(labels)) throw badParameter('labels must be an object of texts');
  const { container } = await x.engine.createFromBundle(bundle, { stdin, autoRemove, labels, ...(name && { name }) });
  x.res.status(201);
  return { Id: container.id, Warnings: container.warnings };
}
const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => typeof one === 'string');

export const drydock = ({ shutdown, playground: address, recording }: DrydockOptions): Routes => ({
  'POST /drydock/containers': createFromBundle,
  'POST /drydock/containers/*id/start': start,
  // also takes an operation's id, so that `drydock trace` need not know which kind of id it has
  ...walkRoutes('/drydock/containers/*id', {
    find: (x) => walkable(x.engine, x.param('id')),
    recording: recording && ((x) => recording(find(x.engine, x.param('id')))),
  }),
  'POST /drydock/images/*name/verify': verify,
  ...operations(recording),
  ...whyRoutes,
  'GET /drydock/phases': ({ engine }) => phaseTexts(engine.storage),
  'GET /drydock/omissions': () => omissions.map(({ id, title, see, steps }) => ({ id, title, see, steps })),
  'GET /drydock/info': (x) => info(x.engine),
  'POST /drydock/playground': (x) => playground(x, address),
  'POST /drydock/shutdown': (x) => {
    if (!shutdown) throw new ApiError(501, 'this daemon cannot be ended over its socket');
    x.res.once('close', shutdown);
    return 204;
  },
});
