/** A client's session: the gRPC server at its end of the connection, which has the files and the secrets of a build. */
import type { Duplex } from 'node:stream';
import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Client, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { Arrivals } from './arrivals.ts';
import type { SessionName } from './session-id.ts';

/** In bytes. fsutil sends files in pieces of 32 KiB, and a secret has at most 500 KiB. */
const MESSAGE_MOST = 4 << 20;
/**
 * In bytes: what the client may have on its way, of a call and of all calls together. With HTTP/2's default of 64 KiB
 * (RFC 9113, section 6.9.2) it waited for the daemon after every seventh file of a context.
 */
const WINDOW = 4 << 20;
/** The longest time of setTimeout, because the client ends the connection. */
const NEVER_MS = 2 ** 31 - 1;

/** Headers with several values, which are sent as several headers; a comma in a value is escaped. */
const LISTS = ['followpaths', 'include-patterns', 'exclude-patterns'];

/** The Headers of the web platform join the values of a name to one text, which gRPC's metadata are not. */
class Connection extends Http2SessionManager {
  override async request(...[method, path, headers, options]: Parameters<Http2SessionManager['request']>) {
    const lists = LISTS.flatMap((name) => {
      const joined = headers[name];
      return typeof joined === 'string' ? [[name, joined.split(', ')] as const] : [];
    });
    const stream = await super.request(method, path, { ...headers, ...Object.fromEntries(lists) }, options);
    stream.session?.setLocalWindowSize(WINDOW);
    return stream;
  }
}

export class Session {
  readonly #transport: Transport;
  readonly #gone = new AbortController();

  constructor(
    socket: Duplex,
    /** names the client and its directory, the same for each of its builds; '' when it does not say */
    readonly sharedKey: string,
  ) {
    let unused: Duplex | undefined = socket;
    const createConnection = () => {
      const connection = unused;
      unused = undefined;
      if (!connection || connection.destroyed) throw new ConnectError('the session has ended', Code.Unavailable);
      return connection;
    };
    // without a request the first bytes of the client would wait
    const times = { idleConnectionTimeoutMs: NEVER_MS };
    const sessionManager = new Connection('http://session', times, {
      createConnection,
      settings: { initialWindowSize: WINDOW },
    });
    this.#transport = createGrpcTransport({
      baseUrl: 'http://session',
      sessionManager,
      readMaxBytes: MESSAGE_MOST,
      acceptCompression: [],
    });
    socket.once('close', () => this.#gone.abort(new ConnectError('the client has gone', Code.Canceled)));
    void sessionManager.connect();
  }

  /** Aborted when the client has gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  call<Service extends DescService>(service: Service): Client<Service> {
    return createClient(service, this.#transport);
  }
}

/** The sessions by their ids. A build may name its session before that has come. */
export class Sessions extends Arrivals<Session> {
  join({ id, sharedKey }: SessionName, socket: Duplex): void {
    if (this.get(id)) return void socket.destroy();
    const session = new Session(socket, sharedKey);
    this.add(id, session);
    session.gone.addEventListener('abort', () => this.delete(id));
  }
}
