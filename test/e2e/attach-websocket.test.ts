/** Attaching over a WebSocket: GET /containers/{id}/attach/ws. Messages are binary and never multiplexed. */
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { site } from './site.ts';

const s = await site('attach over a WebSocket');
const d = () => s.daemon;

async function create(body: object): Promise<string> {
  const { status, body: answer } = await d().api('POST', '/containers/create', { Image: 'ubuntu', ...body });
  assert.is(status, 201, answer);
  return (JSON.parse(answer) as { Id: string }).Id;
}

interface Attached {
  ws: WebSocket;
  /** resolves with all that came, when the daemon has closed the WebSocket */
  output: Promise<{ text: string; code: number }>;
}
/** Rejects with the daemon's status when it refuses. */
function attach(id: string, query: string): Promise<Attached> {
  const ws = new WebSocket(`ws+unix://${d().socket}:/v1.50/containers/${id}/attach/ws?${query}`);
  let text = '';
  const output = new Promise<{ text: string; code: number }>((resolve) => {
    ws.on('message', (data: Buffer, binary) => (text += binary ? data.toString() : `text message ${data.toString()}`));
    ws.on('close', (code) => resolve({ text, code }));
  });
  return new Promise((resolve, reject) => {
    ws.once('error', reject);
    ws.once('open', () => resolve({ ws, output }));
  });
}

s.test(
  'output comes from its first byte on, both streams as one, and the close when the program has ended',
  async () => {
    const id = await create({ Cmd: ['sh', '-c', 'echo out; sleep 0.2; echo err >&2'] });
    const { output } = await attach(id, 'stream=1&stdout=1&stderr=1');
    await d().api('POST', `/containers/${id}/start`);
    assert.equal(await output, { text: 'out\nerr\n', code: 1005 });
  },
);

s.test('messages are the input, and the close of the client is its end', async () => {
  const id = await create({ Cmd: ['sh', '-c', 'sort > /sorted'], OpenStdin: true, StdinOnce: true });
  const { ws } = await attach(id, 'stream=1&stdin=1');
  await d().api('POST', `/containers/${id}/start`);
  ws.send('b\n');
  ws.send(Buffer.from('a\n'));
  ws.close();
  await d().api('POST', `/containers/${id}/wait`);
  assert.is(
    await d()
      .dockerOk('cp', `${id}:/sorted`, '-')
      .then((tar) => /a\nb/.exec(tar)?.[0]),
    'a\nb',
  );
});

s.test('a terminal answers, and the detach keys end the WebSocket and not the container', async () => {
  const id = await create({ Cmd: ['cat'], Tty: true, OpenStdin: true });
  await d().api('POST', `/containers/${id}/start`);
  const { ws, output } = await attach(id, 'stream=1&stdin=1&stdout=1&detachKeys=ctrl-a');
  const echoed = new Promise((resolve) => ws.once('message', resolve));
  ws.send('typed\n');
  await echoed;
  ws.send('\x01');
  assert.match((await output).text, /typed\r\n/);
  assert.is((await d().json<{ State: { Running: boolean } }>(`/containers/${id}/json`)).State.Running, true);
});

s.test('a request that asks for no WebSocket, or for no container, is refused', async () => {
  const id = await create({ Cmd: ['true'] });
  assert.is((await d().api('GET', `/containers/${id}/attach/ws?stream=1`)).status, 400);
  for (const [ref, status] of [['nope', '404']] as const) {
    const refused = await attach(ref, 'stream=1').then(
      () => 'opened',
      (error: Error) => error.message,
    );
    assert.match(refused, status);
  }
});

s.test.run();
