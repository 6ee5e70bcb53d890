/**
 * BuildKit's wire. A client opens two connections, both as an HTTP/1 request that becomes HTTP/2:
 *
 *   POST /grpc     Upgrade: h2c   the daemon is the gRPC server: Control and LLBBridge
 *   POST /session  Upgrade: h2c   the client is the gRPC server: its files, secrets and credentials
 *
 * A client that speaks HTTP/2 from the first byte on opens one, and its session comes in pieces by Control.Session.
 *
 * What serves them is loaded with the first request, so that a daemon that builds nothing does not pay for it.
 */
import type { Socket } from 'node:net';
import type { Engine } from '../../../../runtime/engine/engine.ts';
import { badParameter } from '../../../../runtime/errors/api-error.ts';
import { checkUpgrade, upgrade } from '../../http/hijack.ts';
import type { Exchange, Routes } from '../../http/route.ts';
import type { BuildKit } from './buildkit.ts';
import { NO_SESSION, sessionName, type SessionName } from './session-id.ts';

/** The routes of one engine's servers, and what serves a connection that is HTTP/2 from its first byte on. */
export function buildkit(engine: Engine): { routes: Routes; serve(socket: Socket): void } {
  let loading: Promise<BuildKit> | undefined;
  const loaded = () => (loading ??= import('./buildkit.ts').then(({ BuildKit: Kit }) => new Kit(engine)));
  return {
    routes: {
      'POST /grpc': async (x) => (await loaded()).serve(upgrade(x, 'h2c')),
      'POST /session': async (x) => (await loaded()).join(sessionOf(x), upgrade(x, 'h2c')),
    },
    serve: (socket) =>
      void loaded()
        .then((kit) => kit.serve(socket))
        .catch(() => socket.destroy()),
  };
}

/** Throws ApiError 400, first for a missing Upgrade, as dockerd does. */
function sessionOf(x: Exchange): SessionName {
  checkUpgrade(x, 'h2c');
  const { req } = x;
  const name = sessionName((header) => req.headers[header]);
  if (!name) throw badParameter(NO_SESSION);
  return name;
}
