/**
 * Limits the connections that have not identified themselves yet. A connection above the limit is accepted, and the
 * oldest idle connection of the peer that has the most is closed. So a peer that opens hundreds of connections cannot
 * lock out others. A connection that has identified itself no longer counts.
 */
import type { Server, Socket } from 'node:net';
import { ownerOf } from '../../runtime/kernel/netlink/socket-owner.ts';

export interface ConnectionLimits {
  /** of all peers */ most: number;
  /** of one peer: an address, or a user of this machine */ each: number;
}

/**
 * The peer of an address. IPv6 gives whole networks to one user, so the first 64 bits are one peer. IPv4-mapped IPv6 is
 * IPv4.
 */
export function peerOf(address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  if (plain.startsWith('127.') || plain === '::1') return 'loopback';
  if (!plain.includes(':')) return plain;
  const [before = '', after = ''] = plain.split('%')[0]!.split('::');
  const first = before ? before.split(':') : [];
  const rest = after ? after.split(':') : [];
  return [...first, ...Array.from({ length: Math.max(0, 8 - first.length - rest.length) }, () => '0'), ...rest]
    .slice(0, 4)
    .join(':');
}

/** The users of this machine are told apart: one that fills its room on loopback takes none of the others'. */
function peerOfSocket(socket: Socket): string {
  const { remoteAddress: address, remotePort: port, localAddress, localPort } = socket;
  const peer = peerOf(address);
  if (peer !== 'loopback' || port === undefined || localPort === undefined) return peer;
  const uid = ownerOf({ address: address!, port }, { address: localAddress!, port: localPort });
  return uid === undefined ? peer : `uid ${uid}`;
}

/** A key that is the same for a connection and for the TLS socket around it. */
const nameOf = (socket: Socket): string => `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`;

export class Connections {
  /** by peer, the oldest first */
  readonly #idle = new Map<string, Set<Socket>>();
  readonly #named = new Map<string, Socket>();
  readonly #peers = new WeakMap<Socket, string>();
  /** how many requests of a connection are being answered */
  readonly #asked = new WeakMap<Socket, number>();
  #count = 0;

  constructor(
    server: Server,
    private readonly limits: ConnectionLimits,
  ) {
    server.on('connection', (socket: Socket) => this.#come(socket));
  }

  get idle(): number {
    return this.#count;
  }

  #come(socket: Socket): void {
    const name = nameOf(socket);
    if (name.trim()) this.#named.set(name, socket);
    socket.on('close', () => {
      this.#leave(socket);
      if (this.#named.get(name) === socket) this.#named.delete(name);
    });
    this.#wait(socket);
  }

  #wait(socket: Socket): void {
    if (socket.destroyed) return;
    const peer = this.#peers.get(socket) ?? peerOfSocket(socket);
    this.#peers.set(socket, peer);
    const of = this.#idle.get(peer) ?? new Set<Socket>();
    this.#idle.set(peer, of);
    this.#leave(socket);
    this.#idle.set(peer, of.add(socket));
    this.#count++;
    if (of.size > this.limits.each) this.#drop(of);
    else if (this.#count > this.limits.most)
      this.#drop([...this.#idle.values()].reduce((a, b) => (b.size > a.size ? b : a)));
  }

  #drop(of: Set<Socket>): void {
    const [oldest] = of;
    if (!oldest) return;
    this.#leave(oldest);
    oldest.destroy();
  }

  /** The connection that came. `socket` may be the TLS socket around it, as a request has it. */
  #own(socket: Socket): Socket {
    return this.#named.get(nameOf(socket)) ?? socket;
  }

  /** The connection has identified itself. */
  admit(socket: Socket): void {
    this.#leave(this.#own(socket));
  }

  /** A request of the connection is being answered. This is for a server that does not identify its clients. */
  begin(of: Socket): void {
    const socket = this.#own(of);
    this.#asked.set(socket, (this.#asked.get(socket) ?? 0) + 1);
    this.#leave(socket);
  }
  end(of: Socket): void {
    const socket = this.#own(of);
    const left = (this.#asked.get(socket) ?? 1) - 1;
    this.#asked.set(socket, left);
    if (left <= 0) this.#wait(socket);
  }

  #leave(socket: Socket): void {
    const peer = [...this.#idle].find(([, of]) => of.has(socket));
    if (!peer?.[1].delete(socket)) return;
    this.#count--;
    if (!peer[1].size) this.#idle.delete(peer[0]);
  }
}
