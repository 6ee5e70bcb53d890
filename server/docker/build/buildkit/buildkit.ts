/** The gRPC server of one daemon, and the sessions of its clients. */
import { createServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { Engine } from '../../../../runtime/engine/engine.ts';
import { bridge } from './bridge.ts';
import { control } from './control.ts';
import { Control } from './proto/control_pb.ts';
import { LLBBridge } from './proto/gateway_pb.ts';
import { Sessions } from './session.ts';
import type { SessionName } from './session-id.ts';
import { Solves } from './solve.ts';

/** In bytes. A request of a client is a few KiB: options, and the exporters with their attributes. */
const MESSAGE_MOST = 4 << 20;

export class BuildKit {
  readonly #sessions = new Sessions();
  readonly #server;

  constructor(engine: Engine) {
    const solves = new Solves();
    const context = { engine, solves, sessions: this.#sessions };
    const routes = (router: ConnectRouter) =>
      void router.service(Control, control(context)).service(LLBBridge, bridge(context));
    const options = { connect: false, grpcWeb: false, readMaxBytes: MESSAGE_MOST, acceptCompression: [] };
    this.#server = createServer(connectNodeAdapter({ ...options, routes }));
    this.#server.on('sessionError', () => undefined);
  }

  /** A connection on which the client calls the daemon. */
  serve(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** A connection on which the daemon calls the client. */
  join(name: SessionName, socket: Socket): void {
    this.#sessions.join(name, socket);
  }
}
