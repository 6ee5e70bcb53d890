/**
 * BuildKit's wire. A client opens two connections, both as an HTTP/1 request that becomes HTTP/2:
 *
 *   POST /grpc     Upgrade: h2c   the daemon is the gRPC server: Control and LLBBridge
 *   POST /session  Upgrade: h2c   the client is the gRPC server: its files, secrets and credentials
 *
 * What serves them is loaded with the first request, so that a daemon that builds nothing does not pay for it.
 */
import type { Engine } from '../../../../runtime/engine/engine.ts';
import { badParameter } from '../../../../runtime/errors/api-error.ts';
import { upgrade } from '../../http/hijack.ts';
import type { Exchange, Routes } from '../../http/route.ts';
import type { BuildKit } from './buildkit.ts';

const SESSION = 'x-docker-expose-session-uuid';

/** The routes of one server. */
export function buildkit(): Routes {
  let loading: Promise<BuildKit> | undefined;
  const loaded = (engine: Engine) => (loading ??= import('./buildkit.ts').then(({ BuildKit: Kit }) => new Kit(engine)));
  return {
    'POST /grpc': async (x) => (await loaded(x.engine)).serve(upgrade(x, 'h2c')),
    'POST /session': async (x) => (await loaded(x.engine)).join(sessionOf(x), upgrade(x, 'h2c')),
  };
}

function sessionOf({ req }: Exchange): string {
  const id = req.headers[SESSION];
  if (typeof id !== 'string' || !/^[\w-]{1,128}$/.test(id))
    throw badParameter(`the header ${SESSION} names no session`);
  return id;
}
