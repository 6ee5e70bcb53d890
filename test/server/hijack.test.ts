/** Every form of a request that takes over its connection: Engine API, "Attach to a container". */
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { MessageBoundary } from '../../server/docker/http/message-boundary.ts';
import type { FakeContainer } from './fake-container.ts';
import { Served } from './serve.ts';

const test = suite('requests that take over their connection');
let s: Served;
test.before(() => void (s = new Served()));
test.after(() => s.close());

const create = async (Cmd: string[], more: object = {}): Promise<FakeContainer> => {
  const answer = await s.http('POST', '/v1.43/containers/create', { Image: 'ubuntu', Cmd, ...more });
  assert.is(answer.status, 201);
  return s.engine.container(answer.json()['Id'] as string);
};
const running = async (): Promise<FakeContainer> => {
  const it = await create(['sleep', '100']);
  await it.start();
  return it;
};
const newExec = async (it: FakeContainer, Cmd = ['cat']): Promise<string> =>
  (await s.http('POST', `/containers/${it.container.id}/exec`, { Cmd, AttachStdin: true, AttachStdout: true })).json()[
    'Id'
  ] as string;

const asked: [what: string, headers: string, status: string][] = [
  ['Upgrade and Connection: Upgrade', 'Connection: Upgrade\r\nUpgrade: tcp\r\n', '101 UPGRADED'],
  ['Upgrade alone', 'Upgrade: tcp\r\n', '101 UPGRADED'],
  ['Upgrade and keep-alive', 'Upgrade: tcp\r\nConnection: keep-alive\r\n', '101 UPGRADED'],
  ['no Upgrade', '', '200 OK'],
  ['no Upgrade and close', 'Connection: close\r\n', '200 OK'],
];
const json = '{"Detach":false,"Tty":false}';
const bodies: [what: string, headers: string, body: string][] = [
  ['Content-Length', `Content-Length: ${json.length}\r\n`, json],
  ['chunked', 'Transfer-Encoding: chunked\r\n', `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`],
  [
    'three chunks and a trailer',
    'Transfer-Encoding: Chunked\r\n',
    `1;ext=1\r\n{\r\n${(json.length - 2).toString(16).toUpperCase()}\r\n${json.slice(1, -1)}\r\n1\r\n}\r\n0\r\nX-Sum: 1\r\n\r\n`,
  ],
  ['no body', '', ''],
  ['Content-Length: 0', 'Content-Length: 0\r\n', ''],
];
const INPUT = 'GET /_ping HTTP/1.1\r\n\r\n0\r\n\r\nlast\n';

/**
 * Sends the bytes in pieces of `size`, one per turn of the event loop; resolves with the response when it contains
 * `until`.
 */
function send(bytes: string, size: number, until: string, end = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path: s.socket, allowHalfOpen: true });
    let seen = '';
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(seen);
    };
    const timer = setTimeout(done, 60_000);
    socket
      .on('data', (data) => {
        seen += data.toString('latin1');
        if (!end && seen.replaceAll(/\x01\0{6}[^]/g, '').includes(until)) socket.end();
      })
      .on('end', done)
      .on('error', done);
    socket.once('connect', async () => {
      for (let at = 0; at < bytes.length; at += size) {
        socket.write(bytes.slice(at, at + size));
        await new Promise((resolve) => setTimeout(resolve, size > 50 ? 3 : 0));
      }
      if (end) socket.end();
    });
  });
}

for (const [upgrade, headers, status] of asked) {
  for (const [what, more, body] of bodies) {
    test(`exec start: ${upgrade}, ${what}; what follows is stdin, however the bytes are cut`, async () => {
      const it = await running();
      for (const size of [10_000, 61, 7]) {
        const id = await newExec(it);
        const type = body ? 'Content-Type: application/json\r\n' : '';
        const answer = await send(
          `POST /v1.43/exec/${id}/start HTTP/1.1\r\nHost: x\r\n${headers}${type}${more}\r\n${body}${INPUT}`,
          size,
          INPUT,
        );
        assert.match(answer, `HTTP/1.1 ${status}\r\n`);
        assert.is(
          answer.slice(answer.indexOf('\r\n\r\n') + 4).replaceAll(/\x01\0{6}[^]/g, ''),
          INPUT,
          `${size} bytes at a time`,
        );
      }
      await it.remove({ force: true });
    });
  }
}

test('the request, all of stdin and a FIN in one packet: the process gets its input and its end', async () => {
  const it = await running();
  for (const [, more, body] of bodies) {
    const type = body ? 'Content-Type: application/json\r\n' : '';
    const answer = await send(
      `POST /exec/${await newExec(it)}/start HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\n${type}${more}\r\n${body}${INPUT}`,
      1e6,
      '',
      true,
    );
    assert.is(answer.slice(answer.indexOf('\r\n\r\n') + 4).replaceAll(/\x01\0{6}[^]/g, ''), INPUT);
    const empty = await send(
      `POST /exec/${await newExec(it)}/start HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\n${type}${more}\r\n${body}`,
      1e6,
      '',
      true,
    );
    assert.match(empty, /^HTTP\/1\.1 101 UPGRADED\r\n[^]*\r\n\r\n$/);
  }
  await it.remove({ force: true });
});

test('Detach in a chunked body is obeyed: 200 and the end', async () => {
  const it = await running();
  const detached = '{"Detach":true}';
  for (const [, headers] of asked) {
    const answer = await send(
      `POST /exec/${await newExec(it, ['true'])}/start HTTP/1.1\r\nHost: x\r\n${headers}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n${detached}\r\n0\r\n\r\n`,
      1e6,
      '',
      true,
    );
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.not.match(answer, /raw-stream/);
  }
  await it.remove({ force: true });
});

test('attach: a body is no input, what follows it is', async () => {
  for (const [upgrade, headers, status] of asked) {
    for (const [what, more, body] of bodies) {
      const it = await create(['cat'], { OpenStdin: true, StdinOnce: true });
      const type = body ? 'Content-Type: application/json\r\n' : '';
      const streaming = send(
        `POST /containers/${it.container.id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\n${headers}${type}${more}\r\n${body}${INPUT}`,
        1e6,
        '',
        true,
      );
      await new Promise((resolve) => setTimeout(resolve, 30));
      await it.start();
      const answer = await streaming;
      assert.match(answer, `HTTP/1.1 ${status}\r\n`, `${upgrade}, ${what}`);
      assert.is(
        answer.slice(answer.indexOf('\r\n\r\n') + 4).replaceAll(/\x01\0{6}[^]/g, ''),
        INPUT,
        `${upgrade}, ${what}`,
      );
    }
  }
});

test('on a connection that has carried other requests, with bodies of either kind', async () => {
  const it = await running();
  const before = `POST /containers/absent/start HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcdePOST /containers/absent/stop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
  const id = await newExec(it);
  const answer = await s.raw(before, {
    then: (socket, seen) => {
      if (seen.match(/No such container/g)?.length === 2 && !seen.includes('101'))
        socket.write(
          `POST /exec/${id}/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}kept alive`,
        );
      if (seen.includes('kept alive')) socket.end();
    },
  });
  assert.match(answer, /101 UPGRADED[^]*kept alive/);
  await it.remove({ force: true });
});

test('where it is refused, what follows it is not read as the next request', async () => {
  const it = await create(['cat']);
  const smuggled = `DELETE /containers/${it.container.id} HTTP/1.1\r\nHost: x\r\n\r\n`;
  for (const [, headers] of asked) {
    const answer = await send(
      `POST /containers/absent/attach HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: 0\r\n\r\n${smuggled}`,
      1e6,
      '',
      true,
    );
    assert.match(answer, /^HTTP\/1\.1 404 [^]*No such container: absent/);
    assert.is(answer.match(/HTTP\/1\.1/g)!.length, 1);
  }
  assert.is((await s.http('GET', `/containers/${it.container.id}/json`)).status, 200);
});

test('a client that stops in the middle of the body gets an answer', async () => {
  const it = await running();
  const answer = await s.raw(
    `POST /exec/${await newExec(it)}/start HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{`,
    { ms: 14_000 },
  );
  assert.match(answer, /^HTTP\/1\.1 400 [^]*body stopped after 1 bytes/);
  await it.remove({ force: true });
});

/** Writes the whole body before it reads, as a simple client does; EPIPE is an error of the write. */
function patient(path: string, headers: string, megabytes: number): Promise<{ answer: string; error: string }> {
  return new Promise((resolve) => {
    const socket = connect({ path: s.socket, allowHalfOpen: true });
    let [answer, error] = ['', ''];
    socket.pause();
    socket
      .on('error', (failure: NodeJS.ErrnoException) => (error ||= failure.code ?? failure.message))
      .on('close', () => resolve({ answer, error }));
    socket.on('data', (data) => (answer += data.toString('latin1'))).on('end', () => socket.end());
    socket.pause();
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${megabytes * 2 ** 20}\r\n\r\n`);
    const piece = Buffer.alloc(2 ** 20, 'x');
    let left = megabytes;
    const more = (): void =>
      void (left-- > 0 && !error ? socket.write(piece, () => setTimeout(more, 1)) : socket.resume());
    more();
  });
}

for (const [path, headers, message] of [
  ['/build', 'Connection: close\r\nContent-Type: application/x-tar\r\n', /^HTTP\/1\.1 501 [^]*building images/],
  ['/plugins/create', 'Connection: close\r\n', /^HTTP\/1\.1 501 [^]*plugins/],
  [
    '/containers/absent/update',
    'Connection: close\r\nContent-Type: application/json\r\n',
    /^HTTP\/1\.1 400 [^]*too large/,
  ],
  ['/nothing', 'Connection: close\r\n', /^HTTP\/1\.1 404 [^]*page not found/],
  ['/exec/absent/start', 'Upgrade: tcp\r\nContent-Type: application/json\r\n', /^HTTP\/1\.1 400 [^]*too large/],
  ['/build', 'Content-Length: 3\r\n', /^HTTP\/1\.1 400 [^]*malformed/],
] as const) {
  test(`POST ${path} with ${headers.split('\r\n')[0]} is answered, and 24 MB can be written before the answer is read`, async () => {
    const { answer, error } = await patient(path, headers, 24);
    assert.is(error, '');
    assert.match(answer, message);
  });
}

test('a client that never ends its side is cut off', async () => {
  const began = Date.now();
  const socket = connect({ path: s.socket, allowHalfOpen: true });
  socket.on('data', () => undefined).on('error', () => undefined);
  socket.write('POST /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\nx');
  const cut = new Promise<void>((resolve) =>
    socket.on('end', () => {
      const timer = setInterval(() => socket.write('x', (error) => error && (clearInterval(timer), resolve())), 2600);
    }),
  );
  await cut;
  assert.ok(Date.now() - began < 60_000);
});

test('the boundary is where the parser sees it: heads, lengths and chunks cut at every byte', () => {
  const head = 'POST /exec/x/start HTTP/1.1\r\nHost: x\r\n';
  for (const before of [
    '',
    '\r\n',
    'GET /exec/x/start HTTP/1.1\r\n\r\n',
    'POST /build HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc',
    'POST /build HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ]) {
    for (const [, more, body] of bodies) {
      const request = `${before}${head}${more}\r\n${body}`;
      for (let cut = 0; cut <= request.length; cut += 1) {
        const boundary = new MessageBoundary();
        const whole = Buffer.from(`${request}rest`);
        const first = boundary.take(whole.subarray(0, cut));
        assert.is(first, cut);
        assert.is(
          first + boundary.take(whole.subarray(first)),
          request.length,
          `${JSON.stringify(request)} cut at ${cut}`,
        );
        assert.ok(boundary.over);
      }
    }
  }
});

test.run();
