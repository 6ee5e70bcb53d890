/** The Docker Engine API for one Engine: a server for each address at which it listens. */
import type { RequestListener, Server } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Lessons } from '../../lessons/engine/lessons.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import pkg from '../../package.json' with { type: 'json' };
import { build } from './build/build.ts';
import { buildkit } from './build/buildkit/routes.ts';
import { containersArchive } from './containers/archive.ts';
import { containersCheckpoints } from './containers/checkpoints.ts';
import { containersInspect } from './containers/inspect.ts';
import { containersLifecycle } from './containers/lifecycle.ts';
import { containersList } from './containers/list.ts';
import { containersStreams } from './containers/streams.ts';
import { drydock, type DrydockOptions } from './drydock/drydock.ts';
import { experimental } from './system/experimental.ts';
import { eventRoutes } from './system/events.ts';
import { exec } from './containers/exec.ts';
import { answerError, pageNotFound } from './http/failures.ts';
import { images } from './images/images.ts';
import { imagesArchives } from './images/archives.ts';
import { imagesChange } from './images/change.ts';
import { imagesCommit } from './images/commit.ts';
import { imagesPull } from './images/pull.ts';
import { imagesSearch } from './images/search.ts';
import { imagesPush } from './images/push.ts';
import { registries } from './images/registries.ts';
import { lessonRoutes } from './drydock/lessons.ts';
import { networks } from './networks/networks.ts';
import { notYet } from './system/not-yet.ts';
import { pingRoutes } from './system/ping.ts';
import { addRoutes, type Routes } from './http/route.ts';
import { httpServer, type Transport } from './http/server.ts';
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
  // before DELETE /containers/*id
  containersCheckpoints,
  containersLifecycle,
  containersArchive,
  containersInspect,
  containersStreams,
  containersStats,
  exec,
  imagesPull,
  imagesSearch,
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
    'Docker-Experimental': String(experimental()),
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

/** Returns the function that makes a server of this API. The server does not listen yet. */
export function dockerServers(engine: Engine, options: ServerOptions = {}): (transport: Transport) => Server {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(aboutUs, versionPrefix, answerOptions);
  const kit = buildkit(engine);
  for (const routes of [...tables, kit.routes, drydock(options), lessonRoutes(options.lessons)])
    addRoutes(app, engine, routes);
  app.use(pageNotFound);
  app.use(answerError);
  return (transport) => httpServer(app as RequestListener, transport, kit.serve);
}

/** One server, for a unix socket. */
export const createDockerServer = (engine: Engine, options: ServerOptions = {}): Server =>
  dockerServers(engine, options)({ tcp: false });
