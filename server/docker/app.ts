/** The Docker Engine API for one Engine. The returned server does not listen yet. */
import { createServer, type RequestListener, type Server } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Lessons } from '../../lessons/engine/lessons.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import pkg from '../../package.json' with { type: 'json' };
import { build } from './build/build.ts';
import { Connections } from '../sockets/connections.ts';
import { HttpConnection } from './http/connection.ts';
import { containersArchive } from './containers/archive.ts';
import { containersInspect } from './containers/inspect.ts';
import { containersLifecycle } from './containers/lifecycle.ts';
import { containersList } from './containers/list.ts';
import { containersStreams } from './containers/streams.ts';
import { drydock, type DrydockOptions } from './drydock/drydock.ts';
import { eventRoutes } from './system/events.ts';
import { exec } from './containers/exec.ts';
import { answerError, pageNotFound, refuseMalformed } from './http/failures.ts';
import { serveHijacks } from './http/hijack.ts';
import { images } from './images/images.ts';
import { imagesArchives } from './images/archives.ts';
import { imagesChange } from './images/change.ts';
import { imagesCommit } from './images/commit.ts';
import { imagesPull } from './images/pull.ts';
import { imagesPush } from './images/push.ts';
import { registries } from './images/registries.ts';
import { lessonRoutes } from './drydock/lessons.ts';
import { networks } from './networks/networks.ts';
import { notYet } from './system/not-yet.ts';
import { pingRoutes } from './system/ping.ts';
import { addRoutes, type Routes } from './http/route.ts';
import { containersStats } from './containers/stats.ts';
import { system } from './system/system.ts';
import { API_VERSION, versionPrefix } from './http/version-prefix.ts';
import { volumes } from './volumes/volumes.ts';

export interface ServerOptions extends DrydockOptions {
  lessons?: Lessons;
}

/** The order matters: the first route that matches answers, and `*id` may hold slashes. */
const tables: readonly Routes[] = [
  pingRoutes,
  system,
  eventRoutes,
  containersList,
  containersLifecycle,
  containersArchive,
  containersInspect,
  containersStreams,
  containersStats,
  exec,
  imagesPull,
  imagesPush,
  imagesCommit,
  imagesArchives,
  imagesChange,
  images,
  registries,
  networks,
  volumes,
  build,
  notYet,
];

function aboutUs(_req: Request, res: Response, next: NextFunction): void {
  // A write to a client that has gone emits 'error'. It needs no report and must not end the daemon.
  res.on('error', () => undefined);
  res.set({
    'Api-Version': API_VERSION,
    'Docker-Experimental': 'false',
    Ostype: 'linux',
    Server: `Drydock/${pkg.version} (linux)`,
  });
  next();
}

/** Like dockerd, answers OPTIONS on every path. This allows no method that the path does not have. */
function answerOptions(req: Request, res: Response, next: NextFunction): void {
  if (req.method === 'OPTIONS') res.status(200).end();
  else next();
}

/** In bytes. The largest header that clients send is a build's registry credentials. */
const MAX_HEADERS = 128 * 1024;

/**
 * Limits of idle connections. Both are equal, because a unix socket does not tell which peer a connection belongs to.
 */
const CONNECTIONS = { most: 1024, each: 1024 };

export function createDockerServer(engine: Engine, options: ServerOptions = {}): Server {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(aboutUs, versionPrefix, answerOptions);
  for (const routes of [...tables, drydock(options), lessonRoutes(options.lessons)]) addRoutes(app, engine, routes);
  app.use(pageNotFound);
  app.use(answerError);
  // The timeouts are for requests that arrive slowly; an answer may take any time.
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADERS,
      headersTimeout: 10_000,
      requestTimeout: 300_000,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 60_000,
    },
    app as RequestListener,
  );
  serveHijacks(server);
  refuseMalformed(server);
  const connections = new Connections(server, CONNECTIONS);
  server.prependListener('request', ({ socket }, res) => {
    const own = socket instanceof HttpConnection ? socket.socket : socket;
    connections.begin(own);
    // the answer of a hijacked connection never finishes
    res.once('finish', () => connections.end(own));
  });
  return server;
}
