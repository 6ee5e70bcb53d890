/**
 * Receives files in fsutil's protocol, which is the one of moby.filesync.v1.FileSync/DiffCopy:
 *
 *   client                             daemon
 *   STAT, numbered from 0 as they come, and one without stat after the last   ──▶
 *                                  ◀── REQ{ID} for each regular file that is wanted: one that has changed
 *   DATA{ID} …, and an empty one after the last ──▶
 *                                  ◀── FIN
 *   FIN ──▶
 *
 * All of it is the client's, so numbers, sizes and order are checked here. The names are checked where they are used.
 */
import { create } from '@bufbuild/protobuf';
import { Packet_PacketType as Type, PacketSchema, type Packet, type Stat } from './proto/fsutil_pb.ts';

/** Of one transfer. 500,000 files are more than any context that builds in a sensible time. */
const STATS_MOST = 500_000;
const NAMES_MOST = 128 << 20;
/** Files are asked for ahead while no more than this many bytes are on their way. */
const AHEAD_MOST = 1 << 20;

/** Go's os.FileMode: the bits that tell the kind. */
export const MODE = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  character: 2 ** 21,
  sticky: 2 ** 20,
  irregular: 2 ** 19,
} as const;
export const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;
const NO_FILE = [MODE.directory, MODE.symlink, MODE.device, MODE.fifo, MODE.socket, MODE.irregular];
/** A regular file that is no other name of an earlier one. */
export const isFile = ({ mode, linkname }: Stat): boolean => !linkname && !NO_FILE.some((bit) => has(mode, bit));

export interface Receiver {
  /** Called when all entries are known. Resolves with the numbers of those that are wanted. Absent: all are. */
  listed?(stats: readonly Stat[]): Promise<ReadonlySet<number>>;
  /** In the order of the client. For a file `size` bytes follow by `data`. */
  entry(stat: Stat): Promise<void>;
  data(bytes: Uint8Array): Promise<void>;
}

/** The daemon's packets, sent when they come. */
class Outgoing {
  #queue: Packet[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  put(type: Type, ID = 0): void {
    this.#queue.push(create(PacketSchema, { type, ID }));
    this.#wake?.();
  }
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Packet> {
    while (!this.#closed || this.#queue.length) {
      yield* this.#queue.splice(0);
      if (!this.#closed && !this.#queue.length) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

class Transfer {
  readonly outgoing = new Outgoing();
  #stats: Stat[] = [];
  #names = 0;
  /** all STATs are there */
  #listed = false;
  /** the entry that is handed on, and the one that is the next to be asked for */
  #at = 0;
  #next = 0;
  #ahead = 0;
  /** by id: what has come of the files that were asked for */
  readonly #asked = new Map<number, { left: number; parts: Uint8Array[]; whole: boolean }>();
  #begun = false;
  #finished = false;
  #wanted: ReadonlySet<number> | undefined;

  constructor(private readonly receiver: Receiver) {}

  /** True when the client has said that this was all. */
  async take({ type, stat, ID, data }: Packet): Promise<boolean> {
    if (type === Type.PACKET_ERR) throw new Error(`the client failed: ${Buffer.from(data).toString().slice(0, 1000)}`);
    if (type === Type.PACKET_FIN) {
      if (!this.#finished) throw new Error('the client ended the transfer before its files were sent');
      return true;
    }
    if (type === Type.PACKET_STAT) this.#list(stat);
    else if (type === Type.PACKET_DATA) this.#receive(ID, data);
    else throw new Error(`a packet of type ${type}, which a sender of files does not send`);
    await this.#advance();
    return false;
  }

  #list(stat: Stat | undefined): void {
    if (this.#listed) throw new Error('a STAT packet after the last one');
    if (!stat) return void (this.#listed = true);
    this.#names += stat.path.length + stat.linkname.length;
    if (this.#stats.length >= STATS_MOST) throw new Error(`more than ${STATS_MOST} files`);
    if (this.#names > NAMES_MOST) throw new Error(`names of files with more than ${NAMES_MOST} bytes in all`);
    if (stat.size < 0n || stat.size > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Error(`${JSON.stringify(stat.path)} has an impossible size: ${stat.size}`);
    this.#stats.push(stat);
  }

  #receive(id: number, data: Uint8Array): void {
    const file = this.#asked.get(id);
    if (!file || file.whole) throw new Error(`data of file ${id}, which was not asked for`);
    const path = () => JSON.stringify(this.#stats[id]?.path);
    if (!data.length) {
      if (file.left) throw new Error(`${path()} became shorter by ${file.left} bytes while it was sent`);
      file.whole = true;
      return;
    }
    file.left -= data.length;
    if (file.left < 0) throw new Error(`${path()} became longer while it was sent`);
    file.parts.push(data);
  }

  /** Hands on what is there in its order, and asks for the files that come next. */
  async #advance(): Promise<void> {
    if (this.receiver.listed && !this.#wanted) {
      if (!this.#listed) return;
      this.#wanted = await this.receiver.listed(this.#stats);
    }
    this.#ask();
    while (this.#at < this.#stats.length) {
      if (this.#isUnwanted(this.#at)) {
        this.#at++;
        continue;
      }
      const stat = this.#stats[this.#at]!;
      const file = this.#asked.get(this.#at);
      if (!this.#begun) await this.receiver.entry(stat);
      this.#begun = true;
      for (const part of file?.parts.splice(0) ?? []) await this.receiver.data(part);
      if (file && !file.whole) return;
      if (file) this.#ahead -= Number(stat.size);
      this.#asked.delete(this.#at++);
      this.#begun = false;
      this.#ask();
    }
    if (!this.#listed || this.#finished) return;
    this.#finished = true;
    this.outgoing.put(Type.PACKET_FIN);
  }

  #isUnwanted = (number: number): boolean => this.#wanted?.has(number) === false;

  #ask(): void {
    while (this.#next < this.#stats.length) {
      const stat = this.#stats[this.#next]!;
      if (isFile(stat) && !this.#isUnwanted(this.#next)) {
        const size = Number(stat.size);
        if (this.#next > this.#at && this.#ahead + size > AHEAD_MOST) return;
        this.#ahead += size;
        this.#asked.set(this.#next, { left: size, parts: [], whole: false });
        this.outgoing.put(Type.PACKET_REQ, this.#next);
      }
      this.#next++;
    }
  }
}

/** `call` begins the transfer. Resolves when all files were handed on. Throws Error for packets out of order. */
export async function receiveFiles(
  call: (outgoing: AsyncIterable<Packet>) => AsyncIterable<Packet>,
  receiver: Receiver,
): Promise<void> {
  const transfer = new Transfer(receiver);
  try {
    for await (const packet of call(transfer.outgoing)) if (await transfer.take(packet)) return;
    throw new Error('the client ended the transfer');
  } finally {
    transfer.outgoing.close();
  }
}
