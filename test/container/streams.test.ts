import * as assert from 'uvu/assert';
import { Streams, type StreamsOptions } from '../../runtime/container/io/streams.ts';
import { FRAME, frameOf } from '../../runtime/container/io/tap.ts';
import { suite } from '../harness.ts';
import { attach, FakeClient, FakeShim } from './fake-shim.ts';
import { until } from '../until.ts';

const test = suite('streams between clients and a shim');
const shims: FakeShim[] = [];
test.after(async () => {
  for (const shim of shims) await shim.close();
});

interface Joined {
  shim: FakeShim;
  streams: Streams;
  ends: number[];
  open(): Promise<void>;
}
async function prepare(options: Partial<StreamsOptions> = {}): Promise<Joined> {
  const shim = await FakeShim.listen();
  shims.push(shim);
  const streams = new Streams({ tty: false, stdin: true, stdinOnce: true, ...options });
  const ends: number[] = [];
  return { shim, streams, ends, open: () => streams.open(shim.path, () => void ends.push(1)) };
}
const out = (text: string) => frameOf(FRAME.stdout, Buffer.from(text));
const err = (text: string) => frameOf(FRAME.stderr, Buffer.from(text));
const framed = (...frames: Buffer[]) => Buffer.concat(frames).toString('latin1');

test("output goes to every client that asked for its stream, in docker's frames", async () => {
  const { shim, streams, open } = await prepare();
  const [both, only] = [new FakeClient(), new FakeClient()];
  void streams.couple(both, attach());
  void streams.couple(only, attach({ stderr: false }));
  await open();
  await shim.send(Buffer.concat([out('one'), err('two'), out('three')]));
  await until('both clients have it', () => both.text.includes('three') && only.text.includes('three'));
  assert.equal(
    [both.text, only.text],
    [framed(out('one'), err('two'), out('three')), framed(out('one'), out('three'))],
  );
});

test("a terminal's output is raw", async () => {
  const { shim, streams, open } = await prepare({ tty: true });
  const client = new FakeClient();
  void streams.couple(client, attach());
  await open();
  await shim.send(out('$ '));
  await until('it came', () => client.text.endsWith('$ '));
  assert.is(client.text, '$ ', 'without a frame');
});

test('the shim is asked for output only when a client is there, and once', async () => {
  const { shim, streams, open } = await prepare();
  await open();
  for (const client of [new FakeClient(), new FakeClient()]) void streams.couple(client, attach());
  streams.couple(new FakeClient(), attach()).catch(() => undefined);
  await until('it was asked', () => shim.got.length > 0);
  const typing = new FakeClient();
  typing.type('x');
  void streams.couple(typing, attach({ stdin: true }));
  await until('the key came', () => shim.got.includes('stdin:x'));
  assert.equal(shim.got, ['subscribe', 'stdin:x']);
});

test('frames may be cut anywhere on the way', async () => {
  const { shim, streams, open } = await prepare();
  const client = new FakeClient();
  void streams.couple(client, attach());
  await open();
  const whole = Buffer.concat([out('a'), err(''), out('b'.repeat(300)), err('end')]);
  for (let at = 0; at < whole.length; at += 7) {
    await shim.send(whole.subarray(at, at + 7));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('the last came', () => client.text.endsWith('end'));
  assert.is(client.text, whole.toString('latin1'));
});

test('a length that no frame has ends the connection, and takes no memory', async () => {
  const { shim, streams, ends, open } = await prepare();
  const client = new FakeClient();
  let over = '';
  void streams.couple(client, attach()).then((how) => (over = how));
  await open();
  const header = Buffer.alloc(8);
  header[0] = FRAME.stdout;
  header.writeUInt32BE(0xffffffff, 4);
  await shim.send(Buffer.concat([out('before'), header, Buffer.alloc(1000)]));
  await until('the coupling is over', () => over === 'ended');
  assert.equal([ends, client.text], [[1], framed(out('before'))]);
  await until('the tap is closed', () => shim.gone);
});

test('frames of other kinds pass unseen', async () => {
  const { shim, streams, open } = await prepare();
  const client = new FakeClient();
  void streams.couple(client, attach());
  await open();
  await shim.send(Buffer.concat([frameOf(200, Buffer.from('x')), frameOf(0, Buffer.from('y')), out('z')]));
  await until('z came', () => client.text.endsWith('z'));
  assert.is(client.text, framed(out('z')));
});

test('at the end the owner is told first, then each client gets its FIN', async () => {
  const { shim, streams, open, ends } = await prepare();
  const client = new FakeClient();
  const coupled = streams.couple(client, attach());
  await open();
  await shim.send(out('last words'));
  shim.end();
  assert.is(await coupled, 'ended');
  await until('the FIN', () => client.finished);
  assert.equal([ends, client.text], [[1], framed(out('last words'))]);
});

test('the frame that the process has exited is the end, though the shim keeps the connection open', async () => {
  const { shim, streams, open, ends } = await prepare();
  const client = new FakeClient();
  const coupled = streams.couple(client, attach());
  await open();
  await shim.send(Buffer.concat([out('last words'), frameOf(FRAME.exited, Buffer.alloc(4))]));
  assert.is(await coupled, 'ended');
  await until('the FIN, and the end of the tap', () => client.finished && shim.gone);
  assert.equal([ends, client.text], [[1], framed(out('last words'))]);
});

test('a client that does not read makes the process wait, and gets everything later', async () => {
  const { shim, streams, open } = await prepare();
  const [slow, quick] = [new FakeClient(), new FakeClient()];
  slow.slow = true;
  void streams.couple(slow, attach());
  void streams.couple(quick, attach());
  await open();
  const piece = out('x'.repeat(32 * 1024));
  const total = 256;
  const sending = (async () => {
    for (let n = 0; n < total; n++) await shim.send(piece);
  })();
  let [seen, same] = [0, 0];
  await until('nothing moves any more', () => {
    same = slow.writableLength === seen && seen > 1 << 20 ? same + 1 : 0;
    seen = slow.writableLength;
    return same > 10;
  });
  assert.ok(shim.held, 'the shim is held back');
  assert.ok(slow.writableLength < 3 << 20, `${slow.writableLength} bytes wait in the daemon`);
  slow.slow = false;
  await sending;
  await until(
    'all came',
    () =>
      Buffer.concat(slow.received).length === total * piece.length &&
      Buffer.concat(quick.received).length === total * piece.length,
  );
});

test('a slow client that goes away holds nobody back', async () => {
  const { shim, streams, open } = await prepare();
  const [slow, quick] = [new FakeClient(), new FakeClient()];
  slow.slow = true;
  void streams.couple(slow, attach());
  void streams.couple(quick, attach());
  await open();
  const piece = out('x'.repeat(32 * 1024));
  const sending = (async () => {
    for (let n = 0; n < 128; n++) await shim.send(piece);
  })();
  await until('the shim is held back', () => shim.held && slow.writableLength > 1 << 20);
  slow.destroy();
  await sending;
  await until('the other has all', () => Buffer.concat(quick.received).length >= 128 * piece.length);
  assert.ok(Buffer.concat(quick.received).equals(Buffer.concat(Array<Buffer>(128).fill(piece))));
});

test('many small frames for a slow client cost no listener each', async () => {
  const { shim, streams, open } = await prepare();
  const slow = new FakeClient();
  slow.slow = true;
  void streams.couple(slow, attach());
  await open();
  await shim.send(out('x'.repeat((1 << 20) - 100)));
  const tiny = Buffer.concat(Array.from({ length: 2000 }, () => out('y')));
  await shim.send(tiny);
  await until('the tiny ones came', () => slow.writableLength > 1 << 20);
  assert.ok(slow.listenerCount('drain') <= 2, `${slow.listenerCount('drain')} listeners`);
});

test('half-closing a client closes stdin, and output still comes', async () => {
  const { shim, streams, open } = await prepare();
  const client = new FakeClient();
  void streams.couple(client, attach());
  await open();
  client.type('data');
  client.halfClose();
  await until('stdin is closed', () => shim.got.includes('closeStdin'));
  assert.equal(shim.got, ['subscribe', 'stdin:data', 'closeStdin']);
  await shim.send(out('answer'));
  await until('the answer', () => client.text === framed(out('answer')));
});

for (const [name, options, asked] of [
  ['a terminal', { tty: true }, {}],
  ['a container whose stdin outlives a client', { stdinOnce: false }, {}],
  ['a client that has no stdin', {}, { stdin: false }],
] as const) {
  test(`${name} keeps stdin open when a client half-closes`, async () => {
    const { shim, streams, open } = await prepare(options);
    const [client, later] = [new FakeClient(), new FakeClient()];
    void streams.couple(client, attach(asked));
    await open();
    client.halfClose();
    void streams.couple(later, attach());
    later.type('!');
    await until('the later one was heard', () => shim.got.includes('stdin:!'));
    assert.not.ok(shim.got.includes('closeStdin'), shim.got.join());
  });
}

test('keys go nowhere when the container was made without stdin', async () => {
  const { shim, streams, open } = await prepare({ stdin: false });
  const client = new FakeClient();
  client.type('before');
  void streams.couple(client, attach());
  await open();
  client.type('keys');
  await shim.send(out('o'));
  await until('output came', () => client.text.length > 0);
  assert.equal(shim.got, ['subscribe']);
});

test('the detach keys end one coupling, also when they come one by one', async () => {
  const { shim, streams, open } = await prepare({ tty: true });
  const [client, other] = [new FakeClient(), new FakeClient()];
  const coupled = streams.couple(client, attach({ detachKeys: 'ctrl-a,d' }));
  void streams.couple(other, attach());
  await open();
  for (const key of ['ls', '\u0001', 'x', '\u0001', 'd']) {
    client.type(key);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is(await coupled, 'detached');
  await shim.send(out('still here'));
  await until('the other goes on', () => other.text === 'still here');
  assert.equal([shim.got, client.text], [['subscribe', 'stdin:ls', 'stdin:\u0001x'], '']);
});

test('without a terminal the detach keys are bytes like any others', async () => {
  const { shim, streams, open } = await prepare();
  const client = new FakeClient();
  void streams.couple(client, attach());
  await open();
  client.type('\u0010\u0011');
  await until('they came', () => shim.got.some((frame) => frame.includes('\u0011')));
  assert.equal([shim.got, client.finished], [['subscribe', 'stdin:\u0010\u0011'], false]);
});

test.run();
