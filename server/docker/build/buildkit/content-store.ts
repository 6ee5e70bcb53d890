/**
 * A content store of the client: blobs by their digests, in a directory that the client opened for this build. Used by
 * `--output type=oci,tar=false`, `--cache-to type=local` and `oci-layout://`.
 *
 *   daemon                                          client
 *   Info{digest}                                ──▶ whether it has the blob
 *   Write: STAT{ref, total, expected}           ──▶
 *          WRITE{offset, data} …                ──▶
 *          COMMIT{offset, total, expected}      ──▶ checks the digest, and gives the file its name
 *   Read{digest}                                ──▶ the bytes, in pieces
 */
import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { sha256 } from '../../../../runtime/image/manifest/digest.ts';
import { Content, WriteAction, WriteContentRequestSchema, type WriteContentRequest } from './proto/content_pb.ts';
import type { Session } from './session.ts';

/** Of moby/buildkit, session/content/attachable.go. */
const STORE = 'buildkit-attachable-store-id';
/** In bytes: a client takes messages of 4 MiB at most. */
const MESSAGE = 1 << 20;

type Parts = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export class ContentStore {
  readonly #headers: Headers;

  /** `id`: 'export', or 'local:' and the directory as the client calls it */
  constructor(
    private readonly session: Session,
    id: string,
    private readonly signal: AbortSignal,
  ) {
    this.#headers = new Headers({ [STORE]: id });
  }

  /** The size of the blob, or undefined when the client has none of this digest. */
  async size(digest: string): Promise<number | undefined> {
    try {
      const { info } = await this.session.call(Content).info({ digest }, this.#options());
      return Number(info?.size ?? 0n);
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
      throw error;
    }
  }

  /** Writes the blob unless the client has it. Throws ConnectError, also when the bytes have another digest. */
  async put(digest: string, size: number, parts: Parts): Promise<void> {
    if ((await this.size(digest)) !== undefined) return;
    // the client answers each message
    for await (const _ of this.session.call(Content).write(messages(digest, size, parts), this.#options()));
  }

  /** The bytes of a blob, at most `most` of them. The caller checks the digest. Throws ConnectError, Error. */
  async *parts(digest: string, most: number): AsyncGenerator<Uint8Array> {
    let left = most;
    for await (const { data } of this.session.call(Content).read({ digest }, this.#options())) {
      left -= data.length;
      if (left < 0) throw new Error(`${digest}: the client sends more than ${most} bytes`);
      yield data;
    }
  }

  /** A document: the whole of a small blob, whose digest is checked. Throws ConnectError, Error. */
  async document(digest: string, most: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.parts(digest, most)) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (sha256(bytes) !== digest)
      throw new Error(`the client sent the blob ${digest} with the digest ${sha256(bytes)}`);
    return bytes;
  }

  #options = (): { headers: Headers; signal: AbortSignal } => ({ headers: this.#headers, signal: this.signal });
}

async function* messages(digest: string, size: number, parts: Parts): AsyncGenerator<WriteContentRequest> {
  // a write that was cut off is not resumed
  const ref = `drydock-${randomUUID()}`;
  const common = { ref, total: BigInt(size), expected: digest };
  yield create(WriteContentRequestSchema, { ...common, action: WriteAction.STAT });
  let offset = 0;
  for await (const part of parts)
    for (let at = 0; at < part.length; at += MESSAGE) {
      const data = part.subarray(at, at + MESSAGE);
      yield create(WriteContentRequestSchema, { action: WriteAction.WRITE, ref, offset: BigInt(offset), data });
      offset += data.length;
    }
  yield create(WriteContentRequestSchema, { ...common, action: WriteAction.COMMIT, offset: BigInt(offset) });
}
