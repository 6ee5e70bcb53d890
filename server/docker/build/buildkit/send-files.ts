/**
 * Sends the files of a result to the client, which receives them as fsutil does (packets.ts has the other side):
 *
 *   daemon                             client
 *   STAT for each, and one without stat after the last   ──▶
 *                                  ◀── REQ{ID} for each file that it wants
 *   DATA{ID} …, and an empty one after the last ──▶
 *                                  ◀── FIN
 *   FIN ──▶
 */
import { constants } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import '../../../../runtime/build/context/jobs.ts';
import { jobParts } from '../../../../runtime/kernel/jobs.ts';
import { MODE } from './packets.ts';
import { BytesMessageSchema, FileSend, FileSync, type BytesMessage } from './proto/filesync_pb.ts';
import { Packet_PacketType as Type, PacketSchema, StatSchema, type Packet, type Stat } from './proto/fsutil_pb.ts';
import type { Session } from './session.ts';

const PIECE = 32 * 1024;
const FILES_MOST = 500_000;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** FileSend with the messages that it has when the client receives a directory. */
const fileSendPackets = (() => {
  const parent = { ...FileSend };
  const diffCopy = { ...FileSync.method.diffCopy, parent } as unknown as typeof FileSync.method.diffCopy;
  return Object.assign(parent, { methods: [diffCopy], method: { diffCopy } }) as unknown as typeof FileSync;
})();

const packet = (value: MessageInitShape<typeof PacketSchema>): Packet => create(PacketSchema, value);

/** The kind, and special bits, as Go's os.FileMode has them. Undefined for what a client need not have. */
async function statOf(path: string, name: string): Promise<Stat | undefined> {
  const stat = await lstat(path, { bigint: true });
  const kind = stat.isDirectory()
    ? MODE.directory
    : stat.isSymbolicLink()
      ? MODE.symlink
      : stat.isFile()
        ? 0
        : undefined;
  if (kind === undefined) return undefined;
  const bits = Number(stat.mode);
  const special =
    (bits & 0o4000 ? MODE.setuid : 0) + (bits & 0o2000 ? MODE.setgid : 0) + (bits & 0o1000 ? MODE.sticky : 0);
  return create(StatSchema, {
    path: name,
    mode: kind + special + (bits & 0o777),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: kind === 0 ? stat.size : 0n,
    modTime: stat.mtimeNs,
    linkname: kind === MODE.symlink ? await readlink(path) : '',
  });
}

/** In the order that the client checks: by name in each directory, and what is in one right behind it. */
async function* statsIn(dir: string, below = ''): AsyncGenerator<Stat> {
  for await (const names of jobParts<string[]>('build-names', { dir: join(dir, below), most: FILES_MOST }))
    for (const name of names) {
      const path = below ? `${below}/${name}` : name;
      const stat = await statOf(join(dir, path), path);
      if (!stat) continue;
      yield stat;
      if (stat.mode >= MODE.directory) yield* statsIn(dir, path);
    }
}

class Sending {
  readonly #files: (string | undefined)[] = [];
  readonly #wanted: number[] = [];
  readonly #asked = new Set<number>();
  #finished = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(private readonly dir: string) {}

  async *packets(): AsyncGenerator<Packet> {
    for await (const stat of statsIn(this.dir)) {
      if (this.#files.length >= FILES_MOST) throw new Error(`more than ${FILES_MOST} files`);
      this.#files.push(stat.mode < MODE.sticky || !stat.linkname ? stat.path : undefined);
      yield packet({ type: Type.PACKET_STAT, stat });
    }
    yield packet({ type: Type.PACKET_STAT });
    for (;;) {
      if (this.#failure) throw this.#failure;
      const id = this.#wanted.shift();
      if (id !== undefined) yield* this.#data(id);
      else if (this.#finished) break;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    yield packet({ type: Type.PACKET_FIN });
  }

  async *#data(ID: number): AsyncGenerator<Packet> {
    const file = await open(join(this.dir, this.#files[ID]!), READ);
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE);
        yield packet({ type: Type.PACKET_DATA, ID, data: buffer.subarray(0, bytesRead) });
        if (!bytesRead) return;
      }
    } finally {
      await file.close();
    }
  }

  /** Each file is sent once at most. */
  take({ type, ID, data }: Packet): void {
    if (type === Type.PACKET_ERR)
      this.#failure = new Error(`the client failed: ${Buffer.from(data).toString().slice(0, 1000)}`);
    else if (type === Type.PACKET_FIN) this.#finished = true;
    else if (type !== Type.PACKET_REQ || this.#files[ID] === undefined || this.#asked.has(ID))
      this.#failure = new Error(`the client asked for file ${ID}, which it cannot have`);
    else {
      this.#asked.add(ID);
      this.#wanted.push(ID);
    }
    this.#wake?.();
  }
}

/** Sends a directory, which does not change meanwhile. */
export async function sendTree(session: Session, dir: string, signal: AbortSignal): Promise<void> {
  const sending = new Sending(dir);
  for await (const one of session.call(fileSendPackets).diffCopy(sending.packets(), { signal })) sending.take(one);
}

/** Sends one file, in the parts that come. */
export async function sendFile(session: Session, parts: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  async function* messages(): AsyncGenerator<BytesMessage> {
    for await (const part of parts)
      for (let at = 0; at < part.length; at += MESSAGE)
        yield create(BytesMessageSchema, { data: part.subarray(at, at + MESSAGE) });
  }
  // the client answers nothing, and ends when it has written all
  for await (const _ of session.call(FileSend).diffCopy(messages(), { signal }));
}
/** In bytes: a client takes messages of 4 MiB at most. */
const MESSAGE = 1 << 20;
