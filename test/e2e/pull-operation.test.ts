/**
 * A standalone pull can be stepped, held, broken, aborted and rolled back like a run. The registry is Debian's
 * docker-registry.
 */
import * as assert from 'uvu/assert';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../runtime/journal/event.ts';
import { phases } from '../../runtime/steps/phases.ts';
import { site } from './site.ts';
import { slowRegistry } from './slow-registry.ts';
import { until } from '../until.ts';

const s = await site('a pull is an operation', { images: [] });
const d = () => s.daemon;
interface Shown {
  id: string;
  kind: string;
  subject: { name: string; id?: string };
  state: string;
  error: string;
  left: string[];
}

const list = () => d().json<Shown[]>('/drydock/operations');
const show = (id: string) => d().json<Shown>(`/drydock/operations/${id}`);
const newest = async () => (await list())[0]!;
const forget = (...images: string[]) =>
  Promise.all(images.map((image) => d().api('DELETE', `/images/${image}?force=1`)));
const journalOf = async (id: string): Promise<Event[]> =>
  (await d().api('GET', `/drydock/operations/${id}/journal`)).body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
async function begin(more: object): Promise<string> {
  const { status, body } = await d().api('POST', '/drydock/operations', { kind: 'pull', reference: 'tiny', ...more });
  assert.is(status, 201, body);
  return (JSON.parse(body) as Shown).id;
}
const over = (id: string) =>
  until(`operation ${id.slice(0, 12)} is over`, async () => {
    const shown = await show(id);
    return ['done', 'failed'].includes(shown.state) ? shown : undefined;
  });
const stands = (id: string, step: string) =>
  until(`it stands at ${step}`, async () => {
    const last = (await journalOf(id)).filter(({ type }) => type === 'gate').at(-1) as
      (Event & { at: string; next?: { name: string; args: string[] } }) | undefined;
    return last?.at === 'paused' && last.step === step ? last : undefined;
  });
const gate = async (id: string, command: object) =>
  assert.equal(await d().api('POST', `/drydock/operations/${id}/gate`, command), { status: 204, body: '' });
const blobs = () => readdirSync(join(d().root, 'blobs/sha256'));
const layers = () => readdirSync(join(d().root, 'layers'));
const dirs = () => readdirSync(join(d().root, 'operations'));
const stepsOf = (events: readonly Event[]) =>
  events.filter((event) => event.type === 'step' && event.at === 'done').map(({ step }) => step);

s.test('docker pull prints what it always did, and its journal is on disk under the id that it got', async () => {
  const { code, out } = await d().docker('pull', 'tiny');
  assert.is(code, 0);
  // The order in which layers become ready depends on the registry.
  const lines = [
    ...new Set(
      out
        .trim()
        .split('\n')
        .map((line) => line.replace(/[0-9a-f]{12,64}/g, 'ID')),
    ),
  ];
  const layer = ['ID: Pulling fs layer', 'ID: Verifying Checksum', 'ID: Download complete', 'ID: Pull complete'];
  assert.equal(lines, [
    'Using default tag: latest',
    'latest: Pulling from library/tiny',
    ...layer,
    'Digest: sha256:ID',
    'Status: Downloaded newer image for tiny:latest',
    'docker.io/library/tiny:latest',
  ]);
  const { id, kind, subject, state } = await newest();
  assert.equal([kind, subject.name, state], ['pull', 'tiny:latest', 'done']);
  assert.is(subject.id, (await d().json<{ Id: string }>('/images/tiny/json')).Id);
  const file = join(d().root, 'operations', id, 'journal.ndjson');
  await until('the journal is on the disk', () => readFileSync(file, 'utf8').includes('pull.commit'));
  const steps = phases.find((phase) => phase.id === 'pull')!.steps.map((step) => step.id);
  assert.equal(stepsOf(await journalOf(id)), steps, 'every step of the phase, in order');
});

s.test('trace, frame and record take the id or its beginning, and the list names it', async () => {
  const { id } = await newest();
  const text = await d().ok('trace', id.slice(0, 12));
  assert.match(text, /Fetch the layers {2}pull\.fetch-layers\n/);
  assert.match(text, /http +GET http:\/\/[^ ]+\/blobs\/sha256:\w+… 200 </);
  const events = await journalOf(id);
  assert.match(await d().ok('frame', id.slice(0, 12), String(events.length - 1)), /state +done\n/);
  assert.is(JSON.parse(await d().ok('frame', '--json', id, '0')).state, 'pulling');
  await d().ok('record', '-o', join(d().root, 'pull.html'), id);
  assert.match(
    readFileSync(join(d().root, 'pull.html'), 'utf8'),
    new RegExp(`"row":\\{"id":"${id}","name":"tiny:latest"`),
  );
  assert.match(await d().ok('operations'), new RegExp(`^${id.slice(0, 12)} +pull +tiny:latest +done`, 'm'));
  assert.match((await d().cli('trace', 'ffffffffffff')).err, /No such container: ffffffffffff/);
  assert.equal((await d().api('GET', '/drydock/operations/ffffffffffff')).status, 404);
});

s.test('it is held before a step and before a request, and goes on from elsewhere', async () => {
  await forget('tiny');
  const running = d().begin(
    'drydock',
    'pull',
    '--break',
    'pull.fetch-manifest',
    '--break',
    'pull.fetch-layers#1',
    'tiny',
  );
  const { id } = await until('it has begun', async () =>
    (await newest())?.state === 'pulling' ? newest() : undefined,
  );
  await stands(id, 'pull.fetch-manifest');
  const [{ title, lines }] = await d().json<[{ title: string; lines: string[] }]>(
    `/drydock/operations/${id}/inspect?step=pull.fetch-index`,
  );
  assert.match(title, /^index sha256:[0-9a-f]{64}$/);
  assert.match(lines[0]!, /^sha256:[0-9a-f]{64} linux\/\w+$/);
  await d().ok('gate', id.slice(0, 12), 'continue');
  const { next } = await stands(id, 'pull.fetch-layers');
  assert.equal([next?.name, next?.args[0]], ['http', 'GET']);
  assert.match(next!.args[1]!, /\/blobs\/sha256:/);
  assert.is(running.ran.code, null, 'the client waits');
  await d().ok('gate', id, 'continue');
  const { code, out, err } = await running.done;
  assert.equal([code, out], [0, 'tiny:latest\n'], err);
  assert.is((await show(id)).state, 'done');
});

s.test(
  'a request that is answered with an errno fails as the network would; everything fetched is taken back',
  async () => {
    await forget('tiny');
    const before = { blobs: blobs(), layers: layers() };
    const id = await begin({ break: ['pull.fetch-layers#1'] });
    await stands(id, 'pull.fetch-layers');
    assert.ok(blobs().length > before.blobs.length, 'the documents are there');
    await gate(id, { command: 'fail', errno: 'EIO' });
    const { state, error } = await over(id);
    assert.is(state, 'failed');
    assert.match(
      error,
      /^step pull\.fetch-layers: GET http.*blobs\/sha256:\w+: input\/output error \(EIO, answered at the gate\)$/,
    );
    assert.equal({ blobs: blobs(), layers: layers() }, before);
    const events = await journalOf(id);
    assert.ok(events.some((event) => event.type === 'http' && event.status === 0 && /EIO/.test(event.error ?? '')));
    assert.ok(
      events.some((event) => event.type === 'step' && event.at === 'undone' && event.step === 'pull.unpack-layers'),
    );
  },
);

s.test("an abort is 409 in the client's words, whether it stands or waits for a registry", async () => {
  await forget('tiny');
  const before = { blobs: blobs(), layers: layers() };
  const standing = await begin({ step: true });
  await stands(standing, 'pull.resolve-reference');
  await gate(standing, { command: 'abort' });
  assert.is((await over(standing)).error, 'aborted before pull.resolve-reference; everything was undone');

  const slow = await slowRegistry(s.registry.host, (path) => path.includes('/blobs/'));
  const waiting = d().begin('docker', 'pull', `${slow.host}/library/tiny`);
  await until('a blob is asked for', () => slow.asked() > 0);
  const { id } = await newest();
  await gate(id, { command: 'abort' });
  assert.match((await waiting.done).err, /aborted in pull\.fetch-config; everything was undone/);
  assert.is((await over(id)).state, 'failed');
  assert.is((await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'next' })).status, 409);
  await slow.close();
  assert.equal({ blobs: blobs(), layers: layers() }, before);
});

s.test('a client that goes away ends its pull, also while it stands at the gate', async () => {
  const slow = await slowRegistry(s.registry.host, (path) => path.includes('/blobs/'));
  const leaving = d().begin('docker', 'pull', `${slow.host}/library/tiny`);
  await until('a blob is asked for', () => slow.asked() > 0);
  const { id } = await newest();
  leaving.kill('SIGKILL');
  const { state, error } = await over(id);
  await slow.close();
  assert.equal([state, error], ['failed', 'aborted in pull.fetch-config; everything was undone']);
});

s.test('what one aborts at the gate does not fail another pull of the same layers', async () => {
  await forget('tiny');
  const first = await begin({ break: ['pull.fetch-layers#1'] });
  await stands(first, 'pull.fetch-layers');
  const second = await begin({});
  await until('the second waits for the same layer', async () =>
    (await journalOf(second)).some(
      (event) => event.type === 'step' && event.step === 'pull.fetch-layers' && event.at === 'start',
    ),
  );
  await gate(first, { command: 'abort' });
  assert.equal([(await over(first)).state, (await over(second)).state], ['failed', 'done']);
  assert.is((await d().cli('run', '--rm', '--network', 'none', 'tiny', 'true')).code, 0);
});

s.test('of requests that go side by side one is decided at a time', async () => {
  const id = await begin({ reference: 'ubuntu', break: ['http'] });
  for (let turns = 0; turns < 60 && (await show(id)).state === 'pulling'; turns++) {
    await until(
      'it stands, or is over',
      async () =>
        (await show(id)).state !== 'pulling' || (await journalOf(id)).filter(({ type }) => type === 'gate').at(-1)!,
      20,
    );
    await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'continue' });
  }
  assert.is((await over(id)).state, 'done');
  const gates = (await journalOf(id)).filter((event) => event.type === 'gate').map((event) => event.at);
  assert.equal(
    gates.filter((at, j) => at !== (j % 2 ? 'resumed' : 'paused')),
    [],
    'paused and resumed alternate',
  );
  assert.ok(
    (await journalOf(id)).filter((event) => event.type === 'gate' && event.step === 'pull.fetch-layers').length >= 6,
    'each of three layers was held',
  );
});

s.test('of a daemon that was killed in the middle the next one takes back what was fetched, and says so', async () => {
  await forget('tiny', 'ubuntu');
  const before = { blobs: blobs(), layers: layers() };
  const id = await begin({ break: ['pull.unpack-layers'] });
  await stands(id, 'pull.unpack-layers');
  await d().kill9();
  await d().start();
  const { state, error, left } = await show(id);
  assert.equal([state, error, left], ['failed', 'the daemon ended in the middle of it; everything was undone', []]);
  assert.equal({ blobs: blobs(), layers: layers() }, before);
  const undone = (await journalOf(id))
    .filter((event) => event.type === 'step' && event.at === 'undone')
    .map(({ step }) => step);
  assert.equal(undone, ['pull.unpack-layers', 'pull.fetch-layers']);
  assert.is((await d().docker('pull', '-q', 'tiny')).code, 0);
});

s.test('a daemon that is told to end takes back a pull that stands, before it ends', async () => {
  await forget('tiny');
  const id = await begin({ break: ['pull.commit'] });
  await stands(id, 'pull.commit');
  await d().stop();
  const record = JSON.parse(readFileSync(join(d().root, 'operations', id, 'operation.json'), 'utf8')) as Shown;
  assert.is(record.state, 'failed');
  await d().start();
});

s.test('a journal lives as long as its image', async () => {
  await d().docker('pull', 'tiny');
  const { id } = await newest();
  assert.ok(dirs().includes(id));
  await forget('tiny');
  assert.not.ok(dirs().includes(id));
  assert.is((await d().api('GET', `/drydock/operations/${id}`)).status, 404);
});

s.test('what has no subject is kept until 200 newer ones, and of one image the first and the newest', async () => {
  for (let j = 0; j < 3; j++) await begin({ reference: 'INVALID' });
  const failed = (await list()).filter(({ subject }) => subject.name === 'INVALID');
  assert.is(failed.length, 3);
  assert.match(failed[0]!.error, /invalid reference format|must be lowercase/);
  for (let j = 0; j < 205; j++) await d().api('POST', '/drydock/operations', { kind: 'pull', reference: 'INVALID' });
  await until('the last is over', async () =>
    (await list()).every(({ state }) => state === 'failed' || state === 'done'),
  );
  assert.is((await list()).filter(({ subject }) => !subject.id).length, 200);
  await d().docker('pull', 'tiny');
  const first = (await newest()).id;
  for (let j = 0; j < 25; j++) await d().api('POST', '/images/create?fromImage=tiny&tag=latest');
  const kept = (await list()).filter(({ subject }) => subject.id);
  assert.is(kept.length, 21);
  assert.is(kept.at(-1)!.id, first, 'the one that fetched it');
  assert.is(dirs().length, (await list()).length);
});

s.test('a record that cannot be read does not keep the daemon from starting', async () => {
  await d().stop();
  const [damaged = ''] = dirs();
  writeFileSync(join(d().root, 'operations', damaged, 'operation.json'), '{"id":');
  await d().start();
  assert.not.ok(existsSync(join(d().root, 'operations', damaged)));
});

s.test('what is asked for wrongly is 400 and begins nothing', async () => {
  const count = (await list()).length;
  for (const body of [
    { kind: 'push' },
    { kind: 'pull' },
    { kind: 'pull', reference: 'tiny', step: 'yes' },
    { kind: 'pull', reference: 'tiny', break: 'pull' },
    { kind: 'pull', reference: 'tiny', platform: 3 },
  ]) {
    assert.is((await d().api('POST', '/drydock/operations', body)).status, 400, JSON.stringify(body));
  }
  const { code, err } = await d().cli('pull', '--break', 'pull.nothing', 'tiny');
  assert.equal([code, /no step, phase or system call is called "pull.nothing"/.test(err)], [125, true], err);
  assert.is((await list()).length, count);
});

s.test.run();
