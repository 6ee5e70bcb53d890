/** The tar unpacker: the reader alone, and with the writer, which must not write outside its directory. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { LayerWriter } from '../../runtime/image/layer/layer-writer.ts';
import { TarError } from '../../runtime/image/layer/tar-header.ts';
import { TarReader, type Entry, type Sink } from '../../runtime/image/layer/tar-reader.ts';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import { entry, header, pax, type Made } from '../image/tarball.ts';
import { only, target } from './target.ts';

const work = mkdtempSync('/dev/shm/drydock-fuzz-');
const outside = join(work, 'outside');
mkdirSync(outside);
writeFileSync(join(outside, 'canary'), 'sings');

const part = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '..',
  '',
  '.wh.a',
  '.wh.b',
  '.wh..wh..opq',
  '.wh.',
  '.wh..',
  'outside',
  'canary',
  'é\xff',
  'x'.repeat(99),
);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.array(part, { maxLength: 4 }).map((parts) => parts.join('/')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(outside, `${outside}/canary`, '../../outside/canary', '../outside', '/proc/self/cwd'),
  },
);
const number = fc.oneof(fc.nat(2000), fc.constantFrom(0, 1, 511, 512, 513, 0o7777, 2 ** 31, 0o77777777777, 1e10));
const type = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('0', '1', '2', '3', '4', '5', '6') },
  { weight: 2, arbitrary: fc.constantFrom('7', 'x', 'g', 'L', 'K', 'S', 'D', 'V', 'z', '\0') },
);
const content = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('x'.repeat(512), 'y'.repeat(700), '3\n0\n1\n5\n2\n', '1000000\n', '%zz=', '10 path=a\n'),
);

const record = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'path',
      'linkpath',
      'size',
      'uid',
      'gid',
      'mtime',
      'GNU.sparse.major',
      'GNU.sparse.size',
      'GNU.sparse.realsize',
      'GNU.sparse.map',
      'GNU.sparse.offset',
      'GNU.sparse.numbytes',
      'GNU.sparse.name',
      'SCHILY.xattr.user.a',
      'SCHILY.xattr.security.capability',
      'SCHILY.xattr.trusted.overlay.redirect',
      'LIBARCHIVE.xattr.user.b',
      'LIBARCHIVE.xattr.%zz',
    ),
    fc.string({ maxLength: 8 }).map((s) => s.replace(/=/g, '')),
  ),
  fc.oneof(
    path,
    fc.nat(3000).map(String),
    fc.constantFrom('', '1', '0', '-1', '1e3', '0,1,2,3', '0,5,5,5', '1.5', '-3.25', '\0', 'a\0b', '9007199254740993'),
    fc.string({ maxLength: 6 }),
  ),
);
const made: fc.Arbitrary<Made> = fc.record(
  {
    name: path,
    type,
    content,
    linkname: path,
    mode: number,
    uid: number,
    gid: number,
    mtime: number,
    devmajor: fc.nat(5000),
    devminor: fc.nat(2 ** 21 - 1),
    size: number,
  },
  { requiredKeys: ['name', 'type'] },
);
const piece = fc.oneof(
  { weight: 6, arbitrary: made.map(({ size: _, ...rest }) => entry(rest)) },
  { weight: 1, arbitrary: made.map((m) => entry(m)) },
  { weight: 1, arbitrary: made.map((m) => header(m, 0)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(record, { maxLength: 4 }), fc.constantFrom('x', 'g'))
      .map(([records, kind]) => pax(records, kind)),
  },
  { weight: 1, arbitrary: fc.constantFrom(Buffer.alloc(512), Buffer.alloc(1024), Buffer.alloc(100, 'x')) },
);
/** Corrects the header's checksum after a byte was changed, because otherwise nothing after it would be parsed. */
function mend(tar: Buffer, block: number): void {
  const at = block * 512;
  if (at + 512 > tar.length) return;
  tar.write('        ', at + 148);
  tar.write(
    `${tar
      .subarray(at, at + 512)
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    at + 148,
  );
}
const change = fc.record({ at: fc.nat(4096), byte: fc.nat(255), mend: fc.boolean() });
const tar = fc
  .tuple(fc.array(piece, { maxLength: 8 }), fc.array(change, { maxLength: 3 }), fc.boolean())
  .map(([pieces, changes, closed]) => {
    const bytes = Buffer.concat([...pieces, ...(closed ? [Buffer.alloc(1024)] : [])]);
    for (const c of changes) {
      if (c.at >= bytes.length) continue;
      bytes[c.at] = c.byte;
      if (c.mend) mend(bytes, Math.floor(c.at / 512));
    }
    return bytes;
  });
const stream = fc.tuple(tar, fc.array(fc.integer({ min: 1, max: 1500 }), { maxLength: 5 }));

function feed([bytes, cuts]: [Buffer, number[]], sink: Sink): void {
  const reader = new TarReader(sink);
  let at = 0;
  for (const cut of cuts) reader.write(bytes.subarray(at, (at += cut)));
  reader.write(bytes.subarray(at));
  reader.end();
}

/** A sink that checks the order of calls: entry, then exactly its bytes, then close. */
class Strict implements Sink {
  #left: number | undefined;
  entry(one: Entry): void {
    if (this.#left !== undefined) throw new Error('an entry begins before the one before it was closed');
    this.#left = '123456'.includes(one.type) ? 0 : one.size;
    for (const n of [one.size, one.mode, one.uid, one.gid, one.mtime.sec, one.mtime.nsec])
      if (!Number.isSafeInteger(n)) throw new Error(`${n} is no integer`);
  }
  data(bytes: Buffer): void {
    this.#left! -= bytes.length;
    if (!bytes.length || this.#left === undefined || this.#left < 0) throw new Error('more bytes than the entry has');
  }
  close(): void {
    if (this.#left !== 0) throw new Error(`closed with ${this.#left} bytes missing`);
    this.#left = undefined;
  }
}

const reader = target('tar reader', stream, (input) => only([TarError], () => feed(input, new Strict())));

const descriptors = () => readdirSync('/proc/self/fd').length;
let opened = 0;
const writer = target(
  'tar unpacker',
  stream,
  (input) => {
    const dir = join(work, 'layer');
    mkdirSync(dir);
    const before = (opened ||= descriptors());
    const into = new LayerWriter(dir);
    try {
      only([TarError, SyscallError], () => {
        feed(input, into);
        into.finish();
      });
    } finally {
      into.dispose();
      rmSync(dir, { recursive: true });
    }
    if (descriptors() > before)
      throw new Error(`${descriptors()} descriptors are open, before the first layer there were ${before}`);
    if (
      readdirSync(outside).join() !== 'canary' ||
      readFileSync(join(outside, 'canary'), 'utf8') !== 'sings' ||
      readdirSync(work).length !== 1
    )
      throw new Error('something outside of the layer was touched');
  },
  () => rmSync(work, { recursive: true, force: true }),
);

export const tarTargets = [reader, writer];
