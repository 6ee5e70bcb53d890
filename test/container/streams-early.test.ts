import * as assert from 'uvu/assert';
import { Streams, type StreamsOptions } from '../../runtime/container/io/streams.ts';
import { FRAME, frameOf } from '../../runtime/container/io/tap.ts';
import { suite } from '../harness.ts';
import { attach, FakeClient, FakeShim } from './fake-shim.ts';
import { until } from '../until.ts';

const test = suite('clients that come before the process, and starts that fail');
const shims: FakeShim[] = [];
test.after(async () => {
  for (const shim of shims) await shim.close();
});

async function prepare(options: Partial<StreamsOptions> = {}) {
  const shim = await FakeShim.listen();
  shims.push(shim);
  const streams = new Streams({ tty: false, stdin: true, stdinOnce: true, ...options });
  return { shim, streams, open: () => streams.open(shim.path, () => undefined) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what was typed before there was a process is its first input, in order', async () => {
  const { shim, streams, open } = await prepare();
  const client = new FakeClient();
  client.type('head ');
  void streams.couple(client, attach());
  client.type('typed ');
  await turn();
  client.type('later');
  await open();
  await until('all came', () => shim.got.join('').includes('later'));
  assert.is(shim.got.map((frame) => frame.replace('stdin:', '')).join('|'), 'subscribe|head |typed |later');
});

test('an early client is not read without end', async () => {
  const { streams } = await prepare();
  const client = new FakeClient({ readableHighWaterMark: 1024 });
  void streams.couple(client, attach());
  client.type('first');
  await turn();
  assert.ok(client.isPaused());
});

test('input that ended before there was a process ends after it was read', async () => {
  for (const text of ['', 'all of it']) {
    const { shim, streams, open } = await prepare();
    const client = new FakeClient();
    void streams.couple(client, attach());
    if (text) client.type(text);
    client.halfClose();
    await turn();
    await open();
    await until('stdin is closed', () => shim.got.includes('closeStdin'));
    assert.equal(shim.got, ['subscribe', ...(text ? [`stdin:${text}`] : []), 'closeStdin']);
  }
});

test('a start that failed ends the couplings, and leaves the connections to the server', async () => {
  const { streams } = await prepare();
  const client = new FakeClient();
  const coupled = streams.couple(client, attach());
  streams.abandon();
  assert.is(await coupled, 'ended');
  assert.equal([client.finished, client.destroyed], [false, false]);
  client.write('why it failed');
});

test('what was meant for a start that failed is not given to the next one', async () => {
  const { shim, streams, open } = await prepare();
  for (const text of ['', 'stale']) {
    const client = new FakeClient();
    void streams.couple(client, attach());
    if (text) client.type(text);
    client.halfClose();
    await turn();
    streams.abandon();
  }
  const next = new FakeClient();
  void streams.couple(next, attach());
  await open();
  next.type('fresh');
  await until('it came', () => shim.got.includes('stdin:fresh'));
  assert.equal(shim.got, ['subscribe', 'stdin:fresh']);
});

test('without stream a client gets its FIN', async () => {
  const { streams } = await prepare();
  const client = new FakeClient();
  assert.is(await streams.couple(client, attach({ stream: false, logs: true })), 'ended');
  await until('the FIN', () => client.finished);
  assert.is(client.text, '');
});

test('a daemon that leaves ends no client and is not told of an end', async () => {
  const { shim, streams } = await prepare();
  const ends: number[] = [];
  await streams.open(shim.path, () => void ends.push(1));
  const client = new FakeClient();
  void streams.couple(client, attach());
  streams.close();
  await until('the tap is closed', () => shim.gone);
  assert.equal([ends, client.finished], [[], false]);
});

test('a shim that is not there fails the start with its errno', async () => {
  const streams = new Streams({ tty: false, stdin: true, stdinOnce: true });
  const error = await streams
    .open('/tmp/ddtest-nobody-listens-here', () => undefined)
    .then(
      () => undefined,
      (e: unknown) => e as { code?: string },
    );
  assert.is(error?.code, 'ENOENT');
});

test('after an exit the same streams serve the next run', async () => {
  const { shim, streams, open } = await prepare();
  const first = new FakeClient();
  const coupled = streams.couple(first, attach());
  await open();
  shim.end();
  await coupled;
  const second = new FakeClient();
  void streams.couple(second, attach());
  await open();
  await until('the shim was asked again', () => shim.got.filter((frame) => frame === 'subscribe').length === 2);
  await shim.send(frameOf(FRAME.stdout, Buffer.from('again')));
  await until('output of the second run', () => second.text.endsWith('again'));
  assert.equal([first.text, second.text], ['', frameOf(FRAME.stdout, Buffer.from('again')).toString('latin1')]);
});

test.run();
