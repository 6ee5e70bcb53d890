/**
 * Files with holes: GNU tar manual, "Storing Sparse Files". The archive holds only the segments. There are four formats
 * for their positions:
 *   old   type 'S': a table in the header and in the blocks after it
 *   0.0   pax records GNU.sparse.offset and GNU.sparse.numbytes, alternating
 *   0.1   pax record GNU.sparse.map=offset,length,…
 *   1.0   GNU.sparse.major=1: the map is in the first blocks of the file's own data
 */
import { BLOCK, numeric, TarError, text } from './tar-header.ts';
import type { Records } from './tar-pax.ts';

export interface Sparse {
  realSize: number;
  segments: [offset: number, length: number][];
}

const MOST = 1 << 20;
/** digits of a number, with its line feed */
const MOST_DIGITS = 16;

export function checkSparse(sparse: Sparse, size: number): Sparse {
  let end = 0;
  let stored = 0;
  for (const [offset, length] of sparse.segments) {
    if (offset < end || length < 0 || offset + length > sparse.realSize)
      throw new TarError('damaged sparse file: its segments overlap or go past its end');
    end = offset + length;
    stored += length;
  }
  if (stored !== size)
    throw new TarError(`damaged sparse file: its segments hold ${stored} bytes, the archive ${size}`);
  return sparse;
}

/** Appends the table's entries. Returns true when another block of the table follows. */
export function readOldTable(block: Buffer, from: number, count: number, sparse: Sparse): boolean {
  for (let at = from; at < from + count * 24 && block[at]; at += 24) {
    sparse.segments.push([numeric(block, at, 12, 'sparse offset'), numeric(block, at + 12, 12, 'sparse length')]);
  }
  if (sparse.segments.length > MOST) throw new TarError(`a sparse file with more than ${MOST} segments`);
  return block[from + count * 24] === 1;
}
export const oldSparse = (block: Buffer): [Sparse, boolean] => {
  const sparse: Sparse = { realSize: numeric(block, 483, 12, 'real size'), segments: [] };
  return [sparse, readOldTable(block, 386, 4, sparse)];
};

const number = (digits: string): number => {
  if (!/^\d{1,15}$/.test(digits))
    throw new TarError(`damaged sparse map: ${JSON.stringify(digits.slice(0, 40))} is no number`);
  return Number(digits);
};
const pairs = (numbers: number[]): Sparse['segments'] => {
  if (numbers.length % 2 || numbers.length > 2 * MOST)
    throw new TarError(`damaged sparse map: ${numbers.length} numbers`);
  return Array.from({ length: numbers.length / 2 }, (_, j) => [numbers[2 * j]!, numbers[2 * j + 1]!]);
};

export interface PaxSparse {
  name?: string;
  inBody: boolean;
  sparse: Sparse;
}

/** The sparse format that the pax records describe; undefined when there is none. */
export function paxSparse(records: Records): PaxSparse | undefined {
  const last = new Map(records.map(([key, value]) => [key, value.toString('latin1')]));
  const realSize = last.get('GNU.sparse.realsize') ?? last.get('GNU.sparse.size');
  if (realSize === undefined) return undefined;
  const name = last.get('GNU.sparse.name');
  const inBody = last.get('GNU.sparse.major') === '1';
  const map = last.get('GNU.sparse.map');
  const turns = records
    .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
    .map(([, value]) => number(value.toString('latin1')));
  const segments = inBody ? [] : pairs(map === undefined ? turns : map.split(',').filter(Boolean).map(number));
  if (name?.includes('\0')) throw new TarError('damaged pax header: GNU.sparse.name holds a NUL byte');
  return { ...(name && { name }), inBody, sparse: { realSize: number(realSize), segments } };
}

/** The map of format 1.0: decimal numbers, one a line, the count first, in the first blocks of the body. */
export class BodyMap {
  #text = '';
  #lines = 0;
  #wanted: number | undefined;

  /** Takes a block. Returns the segments after the last one. */
  add(block: Buffer): Sparse['segments'] | undefined {
    const more = text(block, 0, BLOCK);
    this.#text += more;
    this.#lines += more.split('\n').length - 1;
    if (this.#text.length > (this.#lines + 1) * MOST_DIGITS + BLOCK)
      throw new TarError('damaged sparse map: a number without end');
    if (!this.#lines) throw new TarError('damaged sparse map: it does not begin with a count');
    this.#wanted ??= number(this.#text.slice(0, this.#text.indexOf('\n')));
    if (this.#wanted > MOST) throw new TarError(`a sparse file with ${this.#wanted} segments`);
    if (this.#lines < 1 + 2 * this.#wanted) return undefined;
    return pairs(
      this.#text
        .split('\n')
        .slice(1, 1 + 2 * this.#wanted)
        .map(number),
    );
  }
}
