/** Requests of hostile and unusual clients, byte by byte. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Served, upgradeOf } from './serve.ts';
import type { FakeContainer } from './fake-container.ts';
import { until } from '../until.ts';

const test = suite('the wire of the Engine API');
let s: Served;
test.before(() => void (s = new Served()));
test.after(() => s.close());

const create = async (Cmd: string[], more: object = {}): Promise<FakeContainer> => {
  const answer = await s.http('POST', '/v1.43/containers/create', { Image: 'ubuntu', Cmd, ...more });
  assert.is(answer.status, 201);
  return s.engine.container(answer.json()['Id'] as string);
};
test('HEAD and GET _ping carry the headers that every command begins with', async () => {
  const head = await s.http('HEAD', '/_ping');
  assert.equal(
    [
      head.status,
      head.text,
      head.headers['api-version'],
      head.headers['ostype'],
      head.headers['content-length'],
      head.headers['builder-version'],
    ],
    [200, '', '1.50', 'linux', '0', '1'],
  );
  assert.match(head.headers['cache-control']!, 'no-cache');
  const get = await s.http('GET', '/_ping');
  assert.equal([get.status, get.text], [200, 'OK']);
});

const versions: [string, number, RegExp?][] = [
  ['/v1.24/version', 200],
  ['/v1.50/version', 200],
  ['/version', 200],
  ['/v1.23/version', 400, /1\.23 is too old.*1\.24/],
  ['/v1.51/version', 400, /1\.51 is too new.*1\.50/],
  ['/v1.5/version', 400, /1\.5 is too old/],
  ['/v2.0/version', 400, /2\.0 is too new.*1\.50/],
  ['/v0.99/version', 400, /too old/],
  ['/v1/version', 404],
  ['/v1.43', 404],
];
for (const [path, status, message] of versions) {
  test(`GET ${path} answers with ${status}`, async () => {
    const answer = await s.http('GET', path);
    assert.is(answer.status, status);
    if (message) assert.match(answer.json()['message'] as string, message);
  });
}

const refused: [string, string, string | object | undefined, Record<string, string>, number, RegExp][] = [
  ['GET', '/nothing/here', undefined, {}, 404, /^page not found$/],
  ['PATCH', '/containers/json', undefined, {}, 404, /^page not found$/],
  ['GET', '/containers/%zz/json', undefined, {}, 400, /decode|URI/],
  ['GET', '/containers/absent/json', undefined, {}, 404, /^No such container: absent$/],
  ['GET', '/containers/absent/logs?stdout=1', undefined, {}, 404, /No such container/],
  ['POST', '/containers/absent/attach', undefined, { Connection: 'Upgrade', Upgrade: 'tcp' }, 404, /No such container/],
  ['POST', '/containers/absent/attach', undefined, {}, 404, /No such container/],
  ['POST', '/exec/absent/start', { Detach: false }, {}, 404, /No such exec instance: absent/],
  ['POST', '/containers/create', '{"Image":', {}, 400, /^invalid JSON/],
  ['POST', '/containers/create', '[]', {}, 400, /an object is needed/],
  [
    'POST',
    '/containers/create',
    '{"Image":"ubuntu"}',
    { 'Content-Type': 'text/plain' },
    400,
    /must be 'application\/json'/,
  ],
  ['POST', '/containers/create', { Image: 5 }, {}, 400, /^invalid Image/],
  ['POST', '/containers/create', { Image: '' }, {}, 400, /no command specified/],
  ['POST', '/containers/create', { Image: '', Cmd: ['true'] }, {}, 400, /no image/],
  ['POST', '/containers/create', { Image: 'ubuntu', Cmd: { a: 1 } }, {}, 400, /^invalid Cmd: it must be a list/],
  [
    'POST',
    '/containers/create',
    { Image: 'ubuntu', HostConfig: { Mounts: [{ Type: 'bind', Target: 3 }] } },
    {},
    400,
    /invalid HostConfig.Mounts.Target/,
  ],
  ['POST', '/containers/create', { Image: 'ubuntu', Env: ['A=\0'] }, {}, 400, /invalid Env/],
  ['POST', '/containers/create', { Image: 'ubuntu', Cmd: ['x'.repeat(17 * 1024 * 1024)] }, {}, 400, /too large/],
  [
    'POST',
    '/containers/create',
    { Image: 'ubuntu', Cmd: ['x'.repeat(17 * 1024 * 1024)] },
    { 'Transfer-Encoding': 'chunked' },
    400,
    /too large/,
  ],
  ['POST', '/build', 'x'.repeat(5 * 1024 * 1024), { 'Content-Type': 'application/x-tar' }, 501, /building images/],
  ['POST', '/containers/create?pull=never', { Image: 'ubuntu' }, {}, 400, /only missing/],
  ['POST', '/containers/create', { Image: 'absent' }, {}, 404, /^No such image: absent:latest$/],
  ['POST', '/images/create?fromImage=ubuntu&tag=a%20b', undefined, {}, 400, /invalid tag format/],
  ['POST', '/images/create', undefined, {}, 400, /fromImage/],
  ['POST', '/images/create?fromSrc=-', undefined, {}, 501, /importing/],
  ['GET', '/containers/json?filters=nonsense', undefined, {}, 400, /not JSON/],
  ['GET', '/containers/json?filters=%7B%22label%22%3A5%7D', undefined, {}, 400, /invalid filter 'label'/],
  ['GET', '/containers/json?limit=many', undefined, {}, 400, /limit must be a whole number/],
  ['GET', '/events?since=yesterday', undefined, {}, 400, /since must be seconds/],
  ['POST', '/build', undefined, {}, 501, /building images: not there yet/],
  ['POST', '/session', undefined, { Connection: 'Upgrade', Upgrade: 'h2c' }, 400, /names no session/],
  ['POST', '/grpc', undefined, {}, 400, /needs the header Upgrade: h2c/],
  ['GET', '/distribution/docker.io/library/ubuntu/json', undefined, {}, 501, /not there yet/],
  ['DELETE', '/networks/bridge', undefined, {}, 403, /pre-defined/],
  ['GET', '/volumes/v', undefined, {}, 404, /no such volume/],
  ['GET', '/plugins/p/json', undefined, {}, 404, /not found/],
];
for (const [method, path, body, headers, status, message] of refused) {
  const brief = typeof body === 'object' ? JSON.stringify(body).slice(0, 60) : (body?.slice(0, 60) ?? '');
  test(`${method} ${path} ${brief} ${JSON.stringify(headers)} answers ${status}`, async () => {
    const answer = await s.http(method, path, body, headers);
    assert.is(answer.status, status);
    assert.is(answer.headers['content-type'], 'application/json');
    assert.match(answer.json()['message'] as string, message);
  });
}

test('detach keys that are none are refused while there is still a status', async () => {
  const it = await create(['true']);
  const answer = await s.http(
    'POST',
    `/containers/${it.container.id}/attach?stream=1&stdin=1&detachKeys=ctrl-%C3%A9`,
    undefined,
    { Connection: 'Upgrade', Upgrade: 'tcp' },
  );
  assert.is(answer.status, 400);
  assert.match(answer.json()['message'] as string, 'invalid detach keys');
});

test('names may be ids, beginnings of ids, and have a slash in front', async () => {
  const {
    container: { id, name },
  } = await create(['true']);
  for (const ref of [id, id.slice(0, 12), name, `/${name}`])
    assert.is((await s.http('GET', `/v1.43/containers/${ref}/json`)).json()['Id'], id);
});

test('Cmd may be one text, and filters lists or maps', async () => {
  const it = await create('true' as unknown as string[], { Labels: { x: 'y' } });
  assert.equal(it.container.request.Cmd, ['true']);
  for (const filters of ['{"label":["x=y"]}', '{"label":{"x=y":true}}']) {
    const answer = await s.http('GET', `/containers/json?all=1&filters=${encodeURIComponent(filters)}`);
    assert.equal(
      (JSON.parse(answer.text) as { Id: string }[]).map((c) => c.Id),
      [it.container.id],
    );
  }
});

test('wait sends its headers at once and its body at the exit', async () => {
  const it = await create(['sleep', '1000']);
  await it.start();
  let early = '';
  const answer = await s.raw(
    `POST /containers/${it.container.id}/wait?condition=next-exit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    {
      then: (_socket, seen) => void (early ||= (it.process.signal('SIGKILL'), seen)),
    },
  );
  assert.match(early, /^HTTP\/1\.1 200 OK[^]*\r\n\r\n$/);
  assert.match(answer, '{"StatusCode":137,"Error":null}\n');
  assert.is((await s.http('POST', `/containers/${it.container.id}/wait?condition=whenever`)).status, 400);
});

test('clients that leave while they wait, follow or attach do no harm', async () => {
  const it = await create(['sh', '-c', 'sleep 0.5; echo late']);
  const {
    container: { id },
  } = it;
  const leaving = [
    `POST /containers/${id}/wait HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /containers/${id}/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /events HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /containers/${id}/stats HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /containers/${id}/stats?stream=0 HTTP/1.1\r\nHost: x\r\n\r\n`,
    upgradeOf(`/containers/${id}/attach?stream=1&stdout=1`),
    `GET /drydock/containers/${id}/journal?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n`,
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
  ];
  await it.start();
  await Promise.all(leaving.map((bytes) => s.raw(bytes, { ms: 200 })));
  await it.process.exited;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.is((await s.http('GET', '/_ping')).text, 'OK');
});

test('a pull whose client has gone is aborted, and credentials reach the engine', async () => {
  const auth = Buffer.from(JSON.stringify({ username: 'u', password: 'p?>', odd: 1 })).toString('base64url');
  await s.raw(
    `POST /images/create?fromImage=slow&tag=1&platform=linux%2Farm64 HTTP/1.1\r\nHost: x\r\nX-Registry-Auth: ${auth}\r\n\r\n`,
    { then: (socket) => socket.destroy() },
  );
  const pull = s.engine.pulls.at(-1)!;
  assert.equal(
    [pull.reference, pull.platform, pull.auth],
    ['slow:1', 'linux/arm64', { username: 'u', password: 'p?>' }],
  );
  await until('the pull is aborted', () => pull.signal!.aborted);
});

test('progress lines end in CR LF, numbers are thinned out, and an error after the first is the last line', async () => {
  const { text } = await s.http('POST', '/images/create?fromImage=cut&tag=latest');
  const lines = text.split('\r\n');
  assert.is(lines.pop(), '');
  assert.is(lines[0], '{"status":"Pulling from library/cut","id":"latest"}');
  assert.is(lines[1], '{"status":"Pulling fs layer","progressDetail":{},"id":"f459d57b0a26"}');
  assert.match(lines[2]!, /"progressDetail":\{"current":0,"total":1000000\},"progress":"\[> {49}\]  0B\/1MB"/);
  assert.ok(lines.length < 20);
  assert.is(lines.at(-1), '{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}');
});

const malformed: [string, string, RegExp][] = [
  ['noise', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 [^]*malformed request/],
  ['a header of 200 kB', `GET /version HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  [
    'a negative length',
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    /^HTTP\/1\.1 400 /,
  ],
  [
    'two lengths',
    'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    /^HTTP\/1\.1 400 /,
  ],
  [
    'an exec body beyond its limit',
    'POST /exec/x/start HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nContent-Length: 99999999\r\n\r\n{',
    /^HTTP\/1\.1 400 /,
  ],
  [
    'an upgrade behind an unanswered request',
    `POST /containers/x/wait HTTP/1.1\r\nHost: x\r\n\r\n${upgradeOf('/containers/x/attach')}`,
    /^(HTTP\/1\.1 404 |$)/,
  ],
];
for (const [what, bytes, answer] of malformed) {
  test(`${what} gets an answer and a closed connection, and the daemon lives`, async () => {
    assert.match(await s.raw(bytes), answer);
    assert.is((await s.http('GET', '/_ping')).text, 'OK');
  });
}

test('requests in one packet are answered in order', async () => {
  const answer = await s.raw(
    'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  assert.is(answer.match(/HTTP\/1\.1 200 OK/g)!.length, 2);
  assert.ok(answer.indexOf('OK\r\n') < answer.indexOf('ApiVersion'));
});

test.run();
