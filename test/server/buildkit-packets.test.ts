/** The packets of a client that sends files: what is out of order, and what is too much, ends the transfer. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import * as assert from 'uvu/assert';
import { has, isFile, MODE, receiveFiles } from '../../server/docker/build/buildkit/packets.ts';
import { patternsOf } from '../../server/docker/build/buildkit/context.ts';
import {
  Packet_PacketType as Type,
  PacketSchema,
  StatSchema,
} from '../../server/docker/build/buildkit/proto/fsutil_pb.ts';
import { suite } from '../harness.ts';

const test = suite('files of a BuildKit session');

type Sent = MessageInitShape<typeof PacketSchema>;
const stat = (path: string, size = 0, mode = 0o644): Sent => ({
  type: Type.PACKET_STAT,
  stat: create(StatSchema, { path, size: BigInt(size), mode }),
});
const data = (ID: number, text: string): Sent => ({ type: Type.PACKET_DATA, ID, data: Buffer.from(text) });
const last: Sent = { type: Type.PACKET_STAT };
const fin: Sent = { type: Type.PACKET_FIN };

/** Sends these packets whatever is asked for. Returns what was received, and what was asked for. */
async function received(...packets: Sent[]): Promise<{ got: string[]; asked: number[] }> {
  const got: string[] = [];
  const asked: number[] = [];
  let asking = Promise.resolve();
  await receiveFiles(
    async function* (outgoing) {
      asking = (async () => {
        for await (const { type, ID } of outgoing) if (type === Type.PACKET_REQ) asked.push(ID);
      })();
      for (const packet of packets) {
        yield create(PacketSchema, packet);
        // the answers to it come first
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    {
      entry: ({ path }) => Promise.resolve(void got.push(path)),
      data: (bytes) => Promise.resolve(void got.push(`=${Buffer.from(bytes).toString()}`)),
    },
  );
  await asking;
  return { got, asked };
}
const failure = (...packets: Sent[]): Promise<string> =>
  received(...packets).then(
    () => 'no error',
    (error: Error) => error.message,
  );

test('files come in the order of their STATs, although their data come mixed', async () => {
  const directory = stat('d', 0, MODE.directory + 0o755);
  const sent = [stat('a', 2), directory, stat('d/b', 3), last];
  const mixed = [data(2, 'xy'), data(0, 'p'), data(2, 'z'), data(2, ''), data(0, 'q'), data(0, '')];
  const { got, asked } = await received(...sent, ...mixed, fin);
  assert.equal(got, ['a', '=p', '=q', 'd', 'd/b', '=xy', '=z']);
  assert.equal(asked, [0, 2]);
});

test('a file of more than a mebibyte is asked for when those before it are there', async () => {
  const { asked } = await received(stat('a', 1), stat('big', 2 ** 21), data(0, 'x'), data(0, '')).catch(() => ({
    asked: 'the transfer was cut',
  }));
  assert.is(asked, 'the transfer was cut');
  assert.match(await failure(stat('a', 1), stat('big', 2 ** 21), last, data(1, 'x')), 'not asked for');
});

for (const [title, message, ...packets] of [
  ['data of a directory', 'data of file 0, which was not asked for', stat('d', 0, MODE.directory), data(0, 'x')],
  ['data of a number that no file has', 'data of file 7, which was not asked for', stat('a', 1), data(7, 'x')],
  ['data after the end of a file', 'not asked for', stat('a', 1), data(0, 'x'), data(0, ''), data(0, 'y')],
  ['more data than the size', '"a" became longer', stat('a', 1), data(0, 'xy')],
  ['less data than the size', '"a" became shorter by 1 bytes', stat('a', 2), data(0, 'x'), data(0, '')],
  ['a negative size', 'impossible size', stat('a', -1)],
  ['a STAT after the last one', 'a STAT packet after the last one', last, stat('a')],
  ['FIN before the files', 'before its files were sent', stat('a', 1), last, fin],
  ['a REQ', 'a packet of type 1', { type: Type.PACKET_REQ }],
  ['an error', 'the client failed: no', { type: Type.PACKET_ERR, data: Buffer.from('no') }],
  ['an end without FIN', 'the client ended the transfer', last],
] as const)
  test(`${title} ends the transfer`, async () => {
    assert.match(await failure(...packets), message);
  });

test('packets made at random end each transfer, and no file gets more than its size', async () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 300; round++) {
    const made = Array.from({ length: 12 }, (): Sent => {
      const kinds = [stat('a/../../b', random(4)), stat('l', 1, MODE.symlink), data(random(5), 'x'.repeat(random(5)))];
      return [...kinds, last, fin, { type: random(9) as Type, ID: random(2 ** 31) }][random(6)]!;
    });
    const ended = await received(...made).then(
      ({ got }) => got.filter((one) => one.length > 4 && one.startsWith('=')),
      (error: Error) => (error.message ? [] : ['an error without a message']),
    );
    assert.equal(ended, []);
  }
});

test('the kinds of Go are told by their bits', () => {
  const kind = (mode: number, linkname = '') => isFile(create(StatSchema, { mode, linkname }));
  assert.ok(kind(0o644 + MODE.setuid));
  assert.not.ok(kind(0o644, 'other'), 'another name of an earlier file has no data');
  for (const bit of [MODE.directory, MODE.symlink, MODE.device, MODE.fifo, MODE.socket]) assert.not.ok(kind(bit));
  assert.ok(has(MODE.directory + 0o755, MODE.directory));
});

test('.dockerignore becomes patterns: cleaned, in their order, without comments', () => {
  assert.equal(patternsOf('\uFEFF# x\n/a/./b \n\n! /c\n**/d/\n'), ['a/b', '!c', '**/d/']);
});

test.run();
