import * as assert from 'uvu/assert';
import { type Entry, TarReader } from '../../runtime/image/layer/tar-reader.ts';
import { headOf, type TarEntry, TarWriter } from '../../runtime/image/layer/tar-writer.ts';
import { suite } from '../harness.ts';

const test = suite('writing a tar archive');
const plain: Omit<TarEntry, 'name'> = { type: '0', mode: 0o644, uid: 1, gid: 2, size: 0, mtime: { sec: 3, nsec: 0 } };
const bytes = (text: string) => Buffer.from(text, 'latin1');

/** Reads the archive with our own reader; returns the entries with their bytes. */
function read(archive: Buffer): (Entry & { body: Buffer })[] {
  const found: (Entry & { body: Buffer })[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push({ ...entry, body: Buffer.alloc(0) }),
    data: (part) => void (found.at(-1)!.body = Buffer.concat([found.at(-1)!.body, part])),
    close: () => undefined,
  });
  reader.write(archive);
  reader.end();
  return found;
}

async function written(...entries: [TarEntry, Buffer?][]): Promise<Buffer> {
  const parts: Buffer[] = [];
  const tar = new TarWriter((part) => void parts.push(Buffer.from(part)));
  for (const [entry, body] of entries) {
    await tar.entry(entry);
    if (body?.length) await tar.data(body);
  }
  await tar.end();
  return Buffer.concat(parts);
}

test('names of every length come back, and those that ustar can hold need no pax header', async () => {
  const names = [1, 99, 100, 101, 155, 200, 255, 256, 257, 300, 5000].flatMap((length) => [
    'x'.repeat(length),
    `${'d/'.repeat(length)}f`.slice(-length),
    `${'e'.repeat(Math.min(length, 155))}/${'f'.repeat(100)}`,
  ]);
  for (const name of names) {
    const [entry] = read(await written([{ ...plain, name: bytes(name) }]));
    assert.is(entry!.name, name);
    const isLong = headOf({ ...plain, name: bytes(name) }).head.length > 512;
    const fits = name.length <= 100 || /^.{1,155}\/.{1,100}$/.test(name);
    assert.is(isLong, !fits, `${name.length} ${name.slice(0, 20)}`);
  }
  const [directory] = read(
    await written([{ ...plain, type: '5', name: bytes(`${'a'.repeat(155)}/${'b'.repeat(99)}`) }]),
  );
  assert.is(directory!.name, `${'a'.repeat(155)}/${'b'.repeat(99)}/`);
});

test('names that are no UTF-8, line ends in them, and long targets of links are kept byte for byte', async () => {
  const odd = bytes(`caf\xe9\n ${'\xff'.repeat(200)}`);
  const [link] = read(await written([{ ...plain, type: '2', name: odd, linkname: bytes(`/${'\xfe'.repeat(300)}`) }]));
  assert.equal([link!.name, link!.linkname], [odd.toString('latin1'), `/${'\xfe'.repeat(300)}`]);
});

test('owners, sizes and times that octal does not hold are exact', async () => {
  for (const uid of [0, 2097151, 2097152, 4294967294]) {
    for (const mtime of [
      { sec: 0, nsec: 1 },
      { sec: -1, nsec: 0 },
      { sec: -1, nsec: 999_999_999 },
      { sec: -1_000_000_000, nsec: 250_000_000 },
      { sec: 8589934591, nsec: 0 },
      { sec: 8589934592, nsec: 123_456_789 },
    ]) {
      const [entry] = read(await written([{ ...plain, name: bytes('x'), uid, gid: uid, mtime }]));
      assert.equal([entry!.uid, entry!.gid, entry!.mtime], [uid, uid, mtime]);
    }
  }
  const { head, body } = headOf({ ...plain, name: bytes('large'), size: 8 * 2 ** 30 + 1 });
  assert.is(body, 8 * 2 ** 30 + 1);
  assert.match(head.toString('latin1'), '19 size=8589934593\n');
});

test('the length of a pax record counts itself, also where its digits become more', async () => {
  for (let length = 60; length < 120; length++) {
    const value = Buffer.alloc(length, 0x61);
    const [entry] = read(await written([{ ...plain, name: bytes('x'), xattrs: [['user.a', value]] }]));
    assert.equal(entry!.xattrs.get('user.a'), value);
  }
});

test('extended attributes are bytes, and a hard link has them as the file has', async () => {
  const value = Buffer.from([1, 0, 0, 2, 10, 61, 255, 128]);
  const xattrs = [['security.capability', value] as const];
  const both = read(
    await written(
      [{ ...plain, name: bytes('file'), size: 2, xattrs }, bytes('ab')],
      [{ ...plain, type: '1', name: bytes('link'), linkname: bytes('file'), xattrs }],
    ),
  );
  assert.equal(
    both.map(({ type, name, linkname, body, xattrs: found }) => [
      type,
      name,
      linkname,
      body.toString(),
      found.get('security.capability'),
    ]),
    [
      ['0', 'file', '', 'ab', value],
      ['1', 'link', 'file', '', value],
    ],
  );
});

test('a file with holes has only its segments in the archive, and its size', async () => {
  const sparse = {
    realSize: 10_000_000,
    segments: [[4096, 3] as [number, number], [8_000_000, 2] as [number, number]],
  };
  const [file, next] = read(
    await written(
      [{ ...plain, name: bytes('a/holes'), size: 10_000_000, sparse }, bytes('abcde')],
      [{ ...plain, name: bytes('next') }],
    ),
  );
  assert.is(file!.name, 'a/holes');
  assert.equal(file!.sparse, { realSize: 10_000_000, segments: [...sparse.segments, [10_000_000, 0]] });
  assert.is(file!.body.toString(), 'abcde');
  assert.is(next!.name, 'next');
});

test('an entry that gets fewer or more bytes than it says breaks the writing off', async () => {
  const one = { ...plain, name: bytes('x'), size: 3 };
  for (const body of [bytes('ab'), bytes('abcd')]) {
    const error = await written([one, body], [{ ...plain, name: bytes('y') }]).then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    assert.match(error ?? '', /bytes/);
  }
});

test('the taker decides when the next part comes', async () => {
  let taken = 0;
  let waiting = 0;
  const tar = new TarWriter(async () => {
    waiting++;
    await new Promise((resolve) => setImmediate(resolve));
    waiting--;
    taken++;
  });
  for (let j = 0; j < 8; j++) {
    await tar.entry({ ...plain, name: bytes(String(j)), size: 1 << 20 });
    await tar.data(Buffer.alloc(1 << 20));
    assert.is(waiting, 0);
  }
  await tar.end();
  assert.ok(taken >= 8);
});

test.run();
