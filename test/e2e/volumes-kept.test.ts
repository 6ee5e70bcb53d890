/** A volume outlives daemons, failed starts and full disks, and nothing half made of it stays. */
import * as assert from 'uvu/assert';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('volumes are kept', { images: ['tiny'] });
const d = () => s.daemon;
const dir = (name = '') => join(d().root, 'volumes', name);
const data = (name: string) => join(dir(name), '_data');
const run = (...args: string[]) => d().docker('run', '--network', 'none', ...args);
const names = async () => (await d().ok('volume', 'ls', '-q')).split('\n').filter(Boolean);

interface Shown {
  id: string;
  kind: string;
  state: string;
  error: string;
  left: string[];
}
async function begin(body: object): Promise<string> {
  const { status, body: answer } = await d().api('POST', '/drydock/operations', body);
  assert.is(status, 201, answer);
  return (JSON.parse(answer) as Shown).id;
}
const over = (id: string) =>
  until(`operation ${id.slice(0, 12)} is over`, async () => {
    const shown = await d().json<Shown>(`/drydock/operations/${id}`);
    return ['done', 'failed'].includes(shown.state) ? shown : undefined;
  });
const stands = (id: string, step: string) =>
  until(`it stands at ${step}`, async () =>
    (await d().api('GET', `/drydock/operations/${id}/journal`)).body.split('\n').some((line) => {
      const event = (line && JSON.parse(line)) as { type?: string; at?: string; step?: string };
      return event.type === 'gate' && event.at === 'paused' && event.step === step;
    }),
  );

s.test('the drydock verbs do what the docker client does', async () => {
  assert.is(await d().ok('volume', 'create', '--label', 'of=db', 'data'), 'data');
  assert.match(
    await d().ok('volume', 'ls'),
    /^DRIVER +VOLUME NAME +MOUNTPOINT\nlocal +data +\/.*\/volumes\/data\/_data$/,
  );
  const [{ Labels }] = JSON.parse(await d().ok('volume', 'inspect', 'data')) as [{ Labels: object }];
  assert.equal(Labels, { of: 'db' });
  assert.match((await d().docker('volume', 'inspect', 'data')).out, /"of": "db"/);
  assert.is(await d().ok('volume', 'prune', '--all', '--filter', 'label=of=db'), 'data\nTotal reclaimed space: 0B');
  await d().ok('volume', 'create', 'data');
  assert.is(await d().ok('volume', 'rm', 'data'), 'data');
  assert.match((await d().cli('volume', 'rm', 'data')).err, /get data: no such volume/);
});

s.test('to create a volume that exists needs no steps, so it is no operation', async () => {
  await d().ok('volume', 'create', 'there');
  const { status, body } = await d().api('POST', '/drydock/operations', { kind: 'volume-create', Name: 'there' });
  assert.equal([status, JSON.parse(body)], [409, { message: 'this had no steps; it is done' }]);
  await d().ok('volume', 'rm', 'there');
});

s.test('the creation and the removal of a volume are operations with a journal', async () => {
  await d().ok('volume', 'create', 'data');
  assert.match(await d().ok('operations'), /volume-create +data +done/);
  const id = (await d().json<Shown[]>('/drydock/operations'))[0]!.id;
  const trace = await d().ok('trace', id);
  assert.match(
    trace,
    /volume-create\.make-directory[^]*mkdirat\(AT_FDCWD, "[^"]*\/volumes\/data", 0701\)[^]*volume-create\.write-record/,
  );
  await d().ok('volume', 'rm', 'data');
  assert.match(await d().ok('operations'), /volume-remove +data +done/);
  assert.not.match(await d().ok('operations'), /volume-create +data/, 'the journal goes with its volume');
});

s.test('a volume that is held before a step goes on, and one that is aborted leaves nothing', async () => {
  for (const step of ['volume-create.make-directory', 'volume-create.write-record']) {
    const id = await begin({ kind: 'volume-create', Name: 'held', break: [step] });
    await stands(id, step);
    assert.equal(await names(), []);
    await d().ok('gate', id, 'abort');
    assert.is((await over(id)).error, `aborted before ${step}; everything was undone`);
    assert.not.ok(existsSync(dir('held')));
  }
  const id = await begin({ kind: 'volume-create', Name: 'held', break: ['volume-create.write-record'] });
  await stands(id, 'volume-create.write-record');
  await d().ok('gate', id, 'continue');
  assert.is((await over(id)).state, 'done');
  assert.equal(await names(), ['held']);
  await d().ok('volume', 'rm', 'held');
});

s.test('a daemon that is killed at any step of a creation leaves a whole volume or none', async () => {
  for (const step of ['volume-create.make-directory', 'volume-create.make-directory#2', 'volume-create.write-record']) {
    const id = await begin({ kind: 'volume-create', Name: 'killed', break: [step] });
    await stands(id, step.split('#')[0]!);
    await d().kill9();
    await d().start();
    assert.equal([(await over(id)).state, await names(), readdirSync(dir())], ['failed', [], []], step);
  }
});

s.test('a daemon that is killed at any step of a removal leaves a whole volume or none', async () => {
  for (const [step, stays] of [
    ['volume-remove.check-users', true],
    ['volume-remove.detach', true],
    ['volume-remove.delete-files', false],
  ] as const) {
    await d().ok('volume', 'create', 'killed');
    writeFileSync(join(data('killed'), 'f'), 'whole');
    const id = await begin({ kind: 'volume-remove', Name: 'killed', break: [step] });
    await stands(id, step);
    await d().kill9();
    await d().start();
    assert.equal(await names(), stays ? ['killed'] : [], step);
    if (stays) assert.is(readFileSync(join(data('killed'), 'f'), 'utf8'), 'whole');
    if (stays) await d().ok('volume', 'rm', 'killed');
    await until('nothing is left of it', () => readdirSync(dir()).length === 0);
  }
});

s.test('who uses a volume is known after the daemon was killed', async () => {
  assert.is((await run('-d', '--name', 'user', '-v', 'used:/d', 'tiny', 'sleep', '1000')).code, 0);
  await d().kill9();
  await d().start();
  assert.match((await d().docker('volume', 'rm', 'used')).err, /volume is in use - \[[0-9a-f]{64}\]/);
  assert.equal(await names(), ['used']);
  await d().ok('rm', '-f', 'user');
  await d().ok('volume', 'rm', 'used');
});

s.test('a start that fails loses nothing of a volume, and what it filled stays', async () => {
  assert.is((await run('--rm', '-v', 'kept:/d', 'tiny', 'sh', '-c', 'echo kept > /d/f')).code, 0);
  const failed = await run('--name', 'failing', '-v', 'kept:/d', '-v', 'new:/etc', '-v', '/anonymous', 'tiny', '/nope');
  assert.is(failed.code, 127);
  assert.is(readFileSync(join(data('kept'), 'f'), 'utf8'), 'kept\n');
  assert.ok(readdirSync(data('new')).includes('second'));
  assert.is((await names()).length, 3);
  await d().ok('rm', '-v', 'failing');
  assert.equal((await names()).sort(), ['kept', 'new']);
  await d().ok('volume', 'rm', 'kept', 'new');
});

s.test('a create that fails makes no volume', async () => {
  const refused = await d().docker('create', '-v', 'one:/d', '-v', 'two:/d', 'tiny');
  assert.match(refused.err, /Duplicate mount point/);
  await d().ok('create', '--name', 'taken', 'tiny', 'true');
  assert.match((await d().docker('create', '--name', 'taken', '-v', 'one:/d', 'tiny')).err, /already in use/);
  assert.equal(await names(), []);
  await d().ok('rm', 'taken');
});

s.test('a daemon that is killed while it fills a volume leaves it empty or full', async () => {
  for (const step of ['rw-layer.copy-up', 'rw-layer.copy-up#2', 'rw-layer.mount-volumes']) {
    const { body } = await d().api('POST', '/containers/create?name=filling', {
      Image: 'tiny',
      Cmd: ['true'],
      HostConfig: { NetworkMode: 'none', Binds: ['filled:/etc'] },
    });
    const { Id } = JSON.parse(body) as { Id: string };
    const starting = d()
      .api('POST', `/drydock/containers/${Id}/start?break=${encodeURIComponent(step)}`)
      .catch(() => undefined);
    await until(`it stands at ${step}`, async () =>
      (await d().api('GET', `/drydock/containers/${Id}/journal`)).body.includes('"at":"paused"'),
    );
    await d().kill9();
    await starting;
    await d().start();
    assert.equal(readdirSync(dir('filled')).sort(), ['_data', 'volume.json'], step);
    assert.equal(readdirSync(data('filled')).length > 0, step === 'rw-layer.mount-volumes', step);
    assert.is((await d().cli('start', 'filling')).code, 0, step);
    assert.ok(readdirSync(data('filled')).includes('second'), step);
    await until('it has ended', async () => /Exited/.test(await d().ok('ps', '-a', '--filter', 'name=filling')));
    await d().ok('rm', 'filling');
    await d().ok('volume', 'rm', 'filled');
  }
});

s.test('anonymous volumes go with --rm also when the daemon was killed while the container ran', async () => {
  assert.is((await run('-d', '--rm', '--name', 'brief', '-v', '/v', 'tiny', 'sleep', '1000')).code, 0);
  assert.is((await names()).length, 1);
  await d().kill9();
  await d().start();
  await d().ok('kill', 'brief');
  await until('it is gone', async () => (await names()).length === 0);
  assert.equal(readdirSync(dir()), []);
});

s.test('events name volumes as they come, are mounted and go', async () => {
  const since = String(Date.now() / 1000 - 0.001);
  assert.is((await run('--rm', '-v', 'data:/d:ro', 'tiny', 'true')).code, 0);
  await until('the container is gone', async () => (await d().ok('ps', '-aq')) === '');
  await d().ok('volume', 'rm', 'data');
  const { out } = await d().docker(
    'events',
    '--since',
    since,
    '--until',
    String(Date.now() / 1000 + 0.5),
    '--filter',
    'type=volume',
    '--format',
    '{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes "destination"}} {{index .Actor.Attributes "read/write"}}',
  );
  assert.equal(
    out
      .trim()
      .split('\n')
      .map((line) => line.trim()),
    ['create data', 'mount data /d false', 'unmount data', 'destroy data'],
  );
});

s.test('system df counts volumes, their users and their bytes', async () => {
  assert.is((await run('--name', 'writer', '-v', 'data:/d', 'tiny', 'sh', '-c', 'echo 12345 > /d/f')).code, 0);
  const { Volumes } = await d().json<{ Volumes: { Name: string; UsageData: object }[] }>('/system/df?type=volume');
  assert.equal(
    Volumes.map(({ Name, UsageData }) => [Name, UsageData]),
    [['data', { RefCount: 1, Size: 6 }]],
  );
  assert.match((await d().docker('system', 'df')).out, /Local Volumes +1 +1 +6B/);
  await d().ok('rm', 'writer');
  await d().ok('volume', 'rm', 'data');
});

s.test.run();
