/**
 * Reads a tar stream as it arrives and calls a sink synchronously.
 *
 * The tar-stream package writes archives here, but it cannot read layers: it decodes extended attributes as UTF-8 text,
 * takes the further tables of an old sparse file for headers, knows no pax times, owners or holes, and gives each entry
 * as an asynchronous stream, which costs more than the file itself for the thousands of small files of a layer.
 */
import { BLOCK, readHeader, TarError, type Header } from './tar-header.ts';
import { applyRecords, readRecords, readXattrs, type Records } from './tar-pax.ts';
import { BodyMap, checkSparse, oldSparse, paxSparse, readOldTable, type Sparse } from './tar-sparse.ts';

export interface Entry extends Header {
  xattrs: Map<string, Buffer>;
  sparse?: Sparse;
}
/** The calls for each entry: `entry`, then `data` as often as needed, then `close`. */
export interface Sink {
  entry(entry: Entry): void;
  data(bytes: Buffer): void;
  close(): void;
}

const MAX_META = 1 << 20;
type State = 'header' | 'meta' | 'table' | 'map' | 'body' | 'ended';

export class TarReader {
  #state: State = 'header';
  /** bytes of an incomplete block */
  #rest: Buffer = Buffer.alloc(0);
  /** how many bytes of the body, and of zeros after it, are still to come */
  #left = 0;
  #padding = 0;
  #meta: { type: string; parts: Buffer[] } | undefined;
  #global: Records = [];
  #pax: Records = [];
  #longName: string | undefined;
  #longLink: string | undefined;
  #entry: Entry | undefined;
  #map = new BodyMap();

  constructor(private readonly sink: Sink) {}

  /** Throws TarError, and what the sink throws. */
  write(bytes: Buffer): void {
    let chunk = this.#rest.length ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = Buffer.alloc(0);
    while (chunk.length && this.#state !== 'ended') {
      if (this.#left || this.#padding) {
        chunk = this.#consume(chunk);
        continue;
      }
      if (chunk.length < BLOCK) {
        this.#rest = chunk;
        return;
      }
      this.#block(chunk.subarray(0, BLOCK));
      chunk = chunk.subarray(BLOCK);
    }
  }

  /** Ends the input. Like GNU tar and docker, it accepts an archive without the zeros at the end. */
  end(): void {
    if (this.#state === 'ended') return;
    if (this.#state !== 'header' || this.#left || this.#rest.length)
      throw new TarError('the layer ends in the middle of a file');
  }

  #consume(chunk: Buffer): Buffer {
    const taken = Math.min(this.#left, chunk.length);
    if (taken) {
      const part = chunk.subarray(0, taken);
      if (this.#state === 'meta') this.#meta!.parts.push(Buffer.from(part));
      else this.sink.data(part);
      this.#left -= taken;
      if (!this.#left) this.#finish();
    }
    const zeros = this.#left ? 0 : Math.min(this.#padding, chunk.length - taken);
    this.#padding -= zeros;
    return chunk.subarray(taken + zeros);
  }

  #expect(state: State, size: number): void {
    this.#state = state;
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (!size) this.#finish();
  }

  /** Handles a complete body. */
  #finish(): void {
    const state = this.#state;
    this.#state = 'header';
    if (state === 'body') return this.sink.close();
    const { type, parts } = this.#meta!;
    const body = Buffer.concat(parts);
    const end = body.indexOf(0);
    if (type === 'x') this.#pax = readRecords(body);
    else if (type === 'g') this.#addGlobal(readRecords(body));
    else if (type === 'L') this.#longName = body.toString('latin1', 0, end < 0 ? body.length : end);
    else this.#longLink = body.toString('latin1', 0, end < 0 ? body.length : end);
  }

  /**
   * Adds records for all following entries. Only the last record of each key is kept, and their total size is limited.
   */
  #addGlobal(records: Records): void {
    const kept = new Map([...this.#global, ...records]);
    this.#global = [...kept];
    const bytes = this.#global.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    if (bytes > MAX_META) throw new TarError(`global tar headers of ${bytes} bytes; at most ${MAX_META} are read`);
  }

  #block(block: Buffer): void {
    if (this.#state === 'table') {
      if (!readOldTable(block, 0, 21, this.#entry!.sparse!)) this.#begin();
    } else if (this.#state === 'map') {
      this.#readMap(block);
    } else {
      this.#header(block);
    }
  }

  #header(block: Buffer): void {
    const header = readHeader(block);
    if (!header) {
      this.#state = 'ended';
      return;
    }
    if ('xgLK'.includes(header.type)) {
      if (header.size > MAX_META)
        throw new TarError(`a tar header of ${header.size} bytes; at most ${MAX_META} are read`);
      this.#meta = { type: header.type, parts: [] };
      return this.#expect('meta', header.size);
    }
    const records = [...this.#global, ...this.#pax];
    if (this.#longName !== undefined) header.name = this.#longName;
    if (this.#longLink !== undefined) header.linkname = this.#longLink;
    applyRecords(header, records);
    this.#entry = { ...header, xattrs: readXattrs(records) };
    this.#pax = [];
    this.#longName = this.#longLink = undefined;
    this.#holes(block, records);
  }

  #holes(block: Buffer, records: Records): void {
    const entry = this.#entry!;
    const pax = records.length ? paxSparse(records) : undefined;
    if (entry.type === 'S') {
      const [sparse, more] = oldSparse(block);
      Object.assign(entry, { type: '0', sparse });
      if (more) return void (this.#state = 'table');
    } else if (pax) {
      Object.assign(entry, { sparse: pax.sparse, ...(pax.name && { name: pax.name }) });
      this.#map = new BodyMap();
      if (pax.inBody) return void (this.#state = 'map');
    }
    this.#begin();
  }

  #readMap(block: Buffer): void {
    const entry = this.#entry!;
    entry.size -= BLOCK;
    if (entry.size < 0) throw new TarError('damaged sparse file: its map is longer than itself');
    const segments = this.#map.add(block);
    if (!segments) return;
    entry.sparse!.segments = segments;
    this.#begin();
  }

  #begin(): void {
    const entry = this.#entry!;
    // only a file has data, whatever the header says: POSIX leaves the size of links and directories undefined
    const isFile = !'123456'.includes(entry.type);
    if (entry.sparse) checkSparse(entry.sparse, entry.size);
    this.sink.entry(entry);
    this.#expect('body', isFile ? entry.size : 0);
  }
}
