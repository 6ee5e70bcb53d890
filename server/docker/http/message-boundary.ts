/**
 * Finds where one HTTP request ends and the next begins: RFC 9112, section 6.3.
 *
 *   head … CRLF CRLF │ Content-Length bytes            │ next head
 *                    │ size CRLF data CRLF … 0 CRLF …  │
 *
 * Only the end of a request that hijacks the connection matters, because the bytes after it belong to a process and
 * must not reach an HTTP parser. The parser decides whether a request is well formed. Input that cannot be understood
 * here is left to the parser.
 */
const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_LIMIT = 256 * 1024;
const LINE_LIMIT = 16 * 1024;
const HIJACKS =
  /^(?:POST (?:\/v\d+\.\d+)?\/(?:containers\/[^ ]+\/attach|exec\/[^ ]+\/start|grpc|session)|GET (?:\/v\d+\.\d+)?\/containers\/[^ ]+\/attach\/ws)(?:\?| )/;

/** Whether this is the first line of a request that hijacks the connection. */
export const hijacks = (method: string | undefined, url: string | undefined): boolean =>
  HIJACKS.test(`${method} ${url} `);

type State = 'head' | 'content' | 'size' | 'trailers' | 'over' | 'unknown';

export class MessageBoundary {
  #state: State = 'head';
  /** bytes of an incomplete head or line */
  #parts: Buffer = Buffer.alloc(0);
  /** how many bytes of the content or the chunk are still to come, and what follows them */
  #left = 0;
  #then: 'size' | 'end' = 'end';
  #hijacks = false;

  /** True when the hijacking request is complete. */
  get over(): boolean {
    return this.#state === 'over';
  }

  /** How many of these bytes belong to requests, up to the end of the first hijacking one. */
  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'unknown') return bytes.length;
      at += this.#step(bytes.subarray(at));
    }
    return at;
  }

  #step(bytes: Buffer): number {
    if (this.#state === 'head') return this.#until(HEAD_END, bytes, HEAD_LIMIT, (head) => this.#begin(head));
    if (this.#state === 'content') return this.#skip(bytes);
    return this.#until(
      Buffer.from('\n'),
      bytes,
      LINE_LIMIT,
      this.#state === 'size' ? (line) => this.#chunk(line) : (line) => line.trim() || this.#end(),
    );
  }

  /** Collects bytes until `mark`. Beyond `limit` everything goes to the parser, which refuses it. */
  #until(mark: Buffer, bytes: Buffer, limit: number, act: (text: string) => void): number {
    const before = this.#parts.length;
    const all = before ? Buffer.concat([this.#parts, bytes]) : bytes;
    const at = all.indexOf(mark, Math.max(0, before - mark.length + 1));
    if (at < 0) {
      this.#parts = all;
      if (all.length > limit) this.#state = 'unknown';
      return bytes.length;
    }
    this.#parts = Buffer.alloc(0);
    const end = at + mark.length;
    act(all.toString('latin1', 0, end));
    return end - before;
  }

  #begin(text: string): void {
    // skip empty lines before a request: RFC 9112, section 2.2
    const head = text.replace(/^[\r\n]+/, '');
    if (!head) return;
    this.#hijacks = HIJACKS.test(head);
    const coding = /^transfer-encoding:[ \t]*([^\r\n]*)/im.exec(head)?.[1];
    const length = /^content-length:[ \t]*([^\r\n]*)/im.exec(head)?.[1]?.trim();
    // a request with both is how request smuggling works
    if (head.startsWith('CONNECT ') || (coding !== undefined && length !== undefined)) this.#state = 'unknown';
    else if (coding !== undefined) this.#state = /(^|[ ,])chunked[ \t]*$/i.test(coding) ? 'size' : 'unknown';
    else if (length !== undefined) this.#content(/^\d{1,15}$/.test(length) ? Number(length) : NaN, 'end');
    else this.#end();
  }

  #content(length: number, then: 'size' | 'end'): void {
    this.#left = length;
    this.#then = then;
    if (length === 0) this.#next();
    else this.#state = Number.isNaN(length) ? 'unknown' : 'content';
  }

  #skip(bytes: Buffer): number {
    const some = Math.min(this.#left, bytes.length);
    this.#left -= some;
    if (!this.#left) this.#next();
    return some;
  }

  #next(): void {
    if (this.#then === 'size') this.#state = 'size';
    else this.#end();
  }

  #chunk(line: string): void {
    const size = /^([\da-f]{1,12})[ \t]*(;.*)?\r?\n$/i.exec(line)?.[1];
    if (size === undefined) this.#state = 'unknown';
    else if (/^0+$/.test(size)) this.#state = 'trailers';
    // the chunk's data end with a CRLF of their own
    else this.#content(parseInt(size, 16) + 2, 'size');
  }

  #end(): void {
    this.#state = this.#hijacks ? 'over' : 'head';
  }
}
