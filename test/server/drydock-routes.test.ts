/** The routes that dockerd does not have. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Served } from './serve.ts';
import { until } from '../until.ts';

const test = suite("Drydock's own routes");
let s: Served;
let shutdowns = 0;
test.before(() => void (s = new Served({ shutdown: () => (shutdowns += 1) })));
test.after(() => s.close());

test('a start takes a gate, and the journal, commands and an inspection have routes', async () => {
  const created = await s.http('POST', '/v1.43/containers/create', { Image: 'ubuntu', Cmd: ['true'] });
  const it = s.engine.container(created.json()['Id'] as string);
  const at = `/drydock/containers/${it.container.id}`;
  assert.is((await s.http('POST', `${at}/start?step=1&break=pivot_root&break=init`)).status, 204);
  assert.equal(it.gates, [{ mode: 'step', breakpoints: ['pivot_root', 'init'] }]);
  assert.is((await s.http('POST', `${at}/gate`, { command: 'next' })).status, 204);
  assert.is((await s.http('POST', `${at}/gate`, { command: 'break', at: 'mount' })).status, 204);
  assert.is((await s.http('POST', `${at}/gate`, { command: 'into' })).status, 409);
  assert.is((await s.http('POST', `${at}/gate`, { command: 'jump' })).status, 400);
  assert.is((await s.http('POST', `${at}/gate`, { command: 'break' })).status, 400);
  assert.is((await s.http('GET', `${at}/journal`)).text, '{"type":"note","text":"first","seq":0,"time":1,"run":1}\n');
  assert.match(await s.raw(`GET ${at}/journal?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n`, { ms: 400 }), '"first"');
  assert.equal((await s.http('GET', `${at}/inspect?live=1&step=init.proc`)).json(), [
    { title: 'init.proc', lines: ['pid:[1] pid:[2]'] },
  ] as unknown as Record<string, unknown>);
  assert.is((await s.http('GET', '/drydock/info')).json()['pid'], process.pid);
});

test('the list of phases has every step with its words', async () => {
  const phases = JSON.parse((await s.http('GET', '/drydock/phases')).text) as {
    id: string;
    title: string;
    steps: { id: string; title: string; explain: string }[];
  }[];
  assert.equal(
    phases.slice(0, 5).map((phase) => phase.id),
    ['pull', 'create', 'rw-layer', 'network', 'init'],
  );
  for (const step of phases.flatMap((phase) => phase.steps)) assert.ok(step.id && step.title && step.explain, step.id);
});

test('the bundle and what was asked for reach the engine', async () => {
  const body = { bundle: '/b', name: 'n', stdin: true, autoRemove: true, labels: { a: 'b' } };
  const answer = await s.http('POST', '/drydock/containers', body);
  assert.is(answer.status, 201, answer.text);
  assert.match(String(answer.json()['Id']), /^[0-9a-f]{64}$/);
  const { bundle, ...options } = body;
  assert.equal(s.engine.bundles.splice(0), [[bundle, options]]);
});

for (const [what, body] of [
  ['no bundle', {}],
  ['a number as bundle', { bundle: 7 }],
  ['a name that is no text', { bundle: '/b', name: 7 }],
  ['stdin that is neither true nor false', { bundle: '/b', stdin: 'yes' }],
  ['labels that are no texts', { bundle: '/b', labels: { a: 1 } }],
  ['a list of labels', { bundle: '/b', labels: ['a'] }],
] as [string, object][]) {
  test(`${what} is refused with 400, and the engine is not asked`, async () => {
    const answer = await s.http('POST', '/drydock/containers', body);
    assert.is(answer.status, 400, answer.text);
    assert.equal(s.engine.bundles, []);
  });
}

test('a shutdown is answered before it happens', async () => {
  assert.is((await s.http('POST', '/drydock/shutdown')).status, 204);
  await until('the shutdown happens', () => shutdowns === 1);
});

test.run();
