/** Connections that attach and exec take over, in the forms in which clients ask for it. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Served, upgradeOf } from './serve.ts';
import type { FakeContainer } from './fake-container.ts';
import { until } from '../until.ts';

const test = suite('connections that are taken over');
let s: Served;
test.before(() => void (s = new Served()));
test.after(() => s.close());

const create = async (Cmd: string[], more: object = {}): Promise<FakeContainer> => {
  const answer = await s.http('POST', '/v1.43/containers/create', { Image: 'ubuntu', Cmd, ...more });
  assert.is(answer.status, 201);
  return s.engine.container(answer.json()['Id'] as string);
};
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
const chunk = (stream: number, text: string) =>
  `${String.fromCharCode(stream)}\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;

test('attach upgrades, and a FIN right behind the request does not end the output', async () => {
  const it = await create(['sh', '-c', 'echo out; echo err >&2']);
  const streaming = s.raw(upgradeOf(`/v1.43/containers/${it.container.id}/attach?stream=1&stdout=1&stderr=1`), {
    end: true,
  });
  await until('it is watched', () => it.process.watchers === 1);
  await s.http('POST', `/containers/${it.container.id}/start`);
  const answer = await streaming;
  assert.match(
    answer,
    /^HTTP\/1\.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\n\r\n/,
  );
  assert.equal(
    bodyOf(answer)
      .match(/[\x01\x02][^]{7}\w+\n/g)!
      .sort(),
    [chunk(1, 'out\n'), chunk(2, 'err\n')],
  );
});

test('without Upgrade attach answers 200, and bytes behind the request are stdin', async () => {
  const it = await create(['cat'], { OpenStdin: true, StdinOnce: true });
  const streaming = s.raw(
    `POST /v1.41/containers/${it.container.id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nGET /first `,
    {
      then: (socket, seen) =>
        seen.includes('first') ? socket.end() : seen.endsWith('\r\n\r\n') && socket.write('second\n'),
    },
  );
  await until('it is watched', () => it.process.watchers === 1);
  await s.http('POST', `/containers/${it.container.id}/start`);
  const answer = await streaming;
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*Content-Type: application\/vnd\.docker\.raw-stream\r\n\r\n/);
  assert.match(answer.replaceAll(/\x01\0{6}./g, ''), 'GET /first second\n');
});

test('without Upgrade a connection that already carried a request is taken over as well', async () => {
  const it = await create(['echo', 'kept alive']);
  const streaming = s.raw('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n', {
    then: (socket, seen) =>
      seen.endsWith('OK') &&
      socket.write(`POST /containers/${it.container.id}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n`),
  });
  await until('it is watched', () => it.process.watchers === 1);
  await s.http('POST', `/containers/${it.container.id}/start`);
  assert.match(await streaming, 'kept alive');
});

test('exec start takes its JSON from the head and from later packets, and what follows is stdin', async () => {
  const it = await create(['sleep', '100']);
  await s.http('POST', `/containers/${it.container.id}/start`);
  for (const cut of [0, 10, 1000]) {
    const made = await s.http('POST', `/containers/${it.container.id}/exec`, {
      Cmd: ['cat'],
      AttachStdin: true,
      AttachStdout: true,
    });
    const bytes = `${upgradeOf(`/v1.43/exec/${made.json()['Id'] as string}/start`, '{"Detach":false,"Tty":false}')}input\n`;
    const at = bytes.indexOf('\r\n\r\n') + 4 + cut;
    const answer = await s.raw(bytes.slice(0, at), {
      then: (socket, seen) => seen.includes('input') && socket.end(),
      ...(cut < 1000 && { later: bytes.slice(at) }),
    });
    assert.match(answer, '101 UPGRADED');
    assert.match(answer, 'input\n');
  }
  await it.remove({ force: true });
});

test.run();
