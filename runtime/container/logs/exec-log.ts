/**
 * The output of an exec that had clients, kept for recordings: `execs/ID.log` beside the container's own output. The
 * first line is JSON that describes the exec; records in the shim's format follow (log-file.ts). A container may run
 * execs every second for years, so only the beginning of each is kept, and only the newest execs.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type LogRecord, readRecords, recordOf } from './log-record.ts';

const EACH_MOST = 2 << 20;
/** of one record: the size of the shim's reads */
const PART_MOST = 32 << 10;
const KEPT_MOST = 32;
const SAID_MOST = 4096;

export interface ExecSaid {
  id: string;
  command: string[];
  tty: boolean;
  /** ms since 1970 */ began: number;
}
export interface ExecOutput extends ExecSaid {
  written(): Iterable<LogRecord>;
}

const directory = (dir: string) => join(dir, 'execs');
const names = (dir: string): string[] => {
  try {
    return readdirSync(directory(dir)).filter((name) => /^[0-9a-f]{64}\.log$/.test(name));
  } catch {
    return []; // the container had no exec
  }
};

/** Writes all bytes or none. On a full disk write(2) may take only a part. */
function whole(fd: number, bytes: Buffer): void {
  const written = writeSync(fd, bytes);
  if (written === bytes.length) return;
  ftruncateSync(fd, fstatSync(fd).size - written);
  throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
}

export class ExecLog {
  #fd: number | undefined;
  #left = EACH_MOST;

  /** `dir` is the container's directory. */
  constructor(
    private readonly dir: string,
    private readonly said: Omit<ExecSaid, 'began'>,
  ) {}

  /**
   * The first bytes create the file, because most execs have no output or no client. Output that does not fit on a full
   * disk is lost, and later output is kept.
   */
  write(stream: 1 | 2, data: Buffer): void {
    if (!this.#left) return;
    for (let from = 0; from < data.length && this.#left; from += PART_MOST)
      this.#part(stream, data.subarray(from, Math.min(from + PART_MOST, from + this.#left)));
    if (!this.#left) this.close();
  }

  #part(stream: 1 | 2, part: Buffer): void {
    this.#left -= part.length;
    try {
      this.#fd ??= this.#begin();
      whole(this.#fd, recordOf(stream, BigInt(Date.now()) * 1_000_000n, part));
    } catch {
      // a failure to keep output is not an error of the exec
    }
  }

  #begin(): number {
    const { command, ...more } = this.said;
    mkdirSync(directory(this.dir), { recursive: true, mode: 0o700 });
    const path = (name: string) => join(directory(this.dir), name);
    const old = names(this.dir)
      .map((name) => ({ name, time: statSync(path(name)).mtimeMs }))
      .sort((a, b) => b.time - a.time)
      .slice(KEPT_MOST - 1);
    for (const { name } of old) rmSync(path(name), { force: true });
    const fd = openSync(path(`${this.said.id}.log`), 'ax', 0o600);
    let room = SAID_MOST / 2;
    // a command may be a script of a megabyte
    const short = command.flatMap((word) => {
      const cut = word.slice(0, Math.min(room, 200));
      room -= cut.length + 1;
      return room > 0 ? [cut] : [];
    });
    try {
      whole(
        fd,
        Buffer.from(`${JSON.stringify({ ...more, command: short, began: Date.now() }).padEnd(SAID_MOST - 1)}\n`),
      );
    } catch (error) {
      closeSync(fd);
      rmSync(path(`${this.said.id}.log`), { force: true });
      throw error;
    }
    return fd;
  }

  close(): void {
    this.#left = 0;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function* recordsIn(path: string): Generator<LogRecord> {
  const fd = openSync(path, 'r');
  try {
    yield* readRecords(fd, SAID_MOST);
  } finally {
    closeSync(fd);
  }
}

function saidIn(path: string): ExecSaid | undefined {
  const text = Buffer.alloc(SAID_MOST);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, text, 0, SAID_MOST, 0);
    return JSON.parse(text.toString('utf8')) as ExecSaid;
  } catch {
    return undefined; // cut off by a full disk, or by the daemon's death
  } finally {
    closeSync(fd);
  }
}

/** The kept execs, in the order of their beginning. */
export function execOutputs(dir: string): ExecOutput[] {
  return names(dir)
    .flatMap((name) => {
      const path = join(directory(dir), name);
      const said = saidIn(path);
      return said ? [{ ...said, written: () => recordsIn(path) }] : [];
    })
    .sort((a, b) => a.began - b.began);
}
