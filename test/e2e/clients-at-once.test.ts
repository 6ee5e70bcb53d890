/** Two clients that ask for things of the same container, network or image at the same time. */
import * as assert from 'uvu/assert';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../../server/registry/registry.ts';
import { until } from '../until.ts';
import { site } from './site.ts';

const s = await site('clients at once', { images: ['tiny'] });
const d = () => s.daemon;

interface Shown {
  id: string;
  kind: string;
  state: string;
  error: string;
}
const operations = async (kind: string) =>
  (await d().json<Shown[]>('/drydock/operations')).filter((one) => one.kind === kind);
const pauses = async (container: string) =>
  (await d().api('GET', `/drydock/containers/${container}/journal`)).body.split('"at":"paused"').length - 1;
const gate = (id: string, command: string) => d().api('POST', `/drydock/operations/${id}/gate`, { command });
/** Begins an operation that is held before this step, and waits until it is. */
async function held(kind: string, at: string, body: object): Promise<string> {
  const { status, body: text } = await d().api('POST', '/drydock/operations', { kind, break: [at], ...body });
  assert.is(status, 201, text);
  const { id } = JSON.parse(text) as Shown;
  await until('it is held', async () =>
    (await d().api('GET', `/drydock/operations/${id}/journal`)).body.includes('"at":"paused"'),
  );
  return id;
}
const over = async (id: string) =>
  until('it is over', async () => {
    const one = JSON.parse((await d().api('GET', `/drydock/operations/${id}`)).body) as Shown;
    return ['done', 'failed', 'aborted'].includes(one.state) ? one : undefined;
  });
/** The mounts of containers' layers, of all processes. */
const overlays = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
        return lines.filter((line) => line.includes(`upperdir=${d().root}`));
      } catch {
        return []; // it has ended
      }
    });

s.test('files of a stopped container are copied by one client after the other', async () => {
  await d().ok('create', '--name', 'still', '--network', 'none', 'tiny', 'true');
  await d().api('POST', '/drydock/containers/still/gate', { command: 'break', at: 'cp.look' });
  const copies = Array.from({ length: 4 }, () => d().api('GET', '/containers/still/archive?path=/etc/second'));
  const isHeld = async ({ id }: Shown) =>
    /"at":"paused"[^\n]*\n*$/.test((await d().api('GET', `/drydock/operations/${id}/journal`)).body);
  /** Those that wait for their turn have begun too. */
  const begun = async () => {
    const all = (await operations('cp')).filter(({ state }) => state === 'begun');
    const held = await Promise.all(all.map(isHeld));
    return all.filter((_, n) => held[n]);
  };
  for (const left of [4, 3, 2, 1]) {
    await until('one is held', async () => (await pauses('still')) === 5 - left);
    assert.is(overlays().length, 1, `with ${left} that wait or are held`);
    await gate((await begun())[0]!.id, 'continue');
  }
  assert.equal(
    (await Promise.all(copies)).map(({ status }) => status),
    [200, 200, 200, 200],
  );
  // the process that had it mounted may still end
  await until('nothing is mounted', () => overlays().length === 0);
  await d().ok('rm', '-f', 'still');
});

s.test('a network that is removed while a connection waits for its turn is not found', async () => {
  for (const name of ['one', 'two']) await d().ok('network', 'create', name);
  await d().ok('run', '-d', '--name', 'up', '--network', 'one', 'tiny', 'sleep', '1000');
  const first = await held('network-disconnect', 'disconnect.release-address', { Network: 'one', Container: 'up' });
  const second = d().api('POST', '/networks/two/connect', { Container: 'up' });
  assert.is((await d().api('DELETE', '/networks/two')).status, 204);
  await gate(first, 'continue');
  const { status, body } = await second;
  assert.is(status, 404);
  assert.match(body, /network \w+ not found/);
  assert.is(await d().dockerOk('inspect', '-f', '{{json .NetworkSettings.Networks}}', 'up'), '{}');
  await d().ok('rm', '-f', 'up');
  await d().ok('network', 'rm', 'one');
});

s.test('a container that is removed while it is committed gives a whole image or none', async () => {
  await d().ok('run', '--name', 'changed', '--network', 'none', 'tiny', 'sh', '-c', 'mkdir /d; echo 1 >/d/f');
  const id = await held('commit', 'commit.write-layer', { container: 'changed', repo: 'made' });
  assert.is((await d().api('DELETE', '/containers/changed?force=1')).status, 204);
  await gate(id, 'continue');
  assert.match((await over(id)).error, /You cannot commit container \w+ which is being removed/);
  assert.is((await d().api('GET', '/images/made/json')).status, 404);
});

s.test('an image that is removed while it is pushed stays removed', async () => {
  const registry = await startRegistry({ root: mkdtempSync(join(tmpdir(), 'drydock-at-once-')), port: 0 });
  const name = `127.0.0.1:${registry.port}/a/b:1`;
  await d().ok('run', '--name', 'changed', '--network', 'none', 'tiny', 'sh', '-c', 'echo 1 >/new');
  await d().ok('commit', 'changed', name);
  await d().ok('rm', 'changed');
  const { Id } = await d().json<{ Id: string }>(`/images/${name}/json`);
  const id = await held('push', 'push.remember', { reference: name });
  assert.is((await d().api('DELETE', `/images/${name}`)).status, 200);
  await gate(id, 'continue');
  assert.is((await over(id)).error, '');
  const ids = (await d().json<{ Id: string }[]>('/images/json?all=1')).map((one) => one.Id);
  assert.not.ok(ids.includes(Id));
  assert.is((await d().api('GET', `/images/${Id}/json`)).status, 404);
  await registry.close();
});

s.test.run();
