/** `docker commit`, as dockerd 26.1.5 answers: an image from what a container has changed. */
import * as assert from 'uvu/assert';
import { until } from '../until.ts';
import { likeDockerd } from './peer.ts';

const { test, api, isPeer } = await likeDockerd('commits');

type Fields = Record<string, unknown>;
interface Inspected {
  Id: string;
  Config: Fields;
  Comment: string;
  Author: string;
  RepoTags: string[];
  RootFS: { Layers: string[] };
}
const good = async <T>(asked: ReturnType<typeof api>, ...codes: number[]): Promise<T> => {
  const { status, body } = await asked;
  assert.ok(codes.includes(status), `${status} ${body}`);
  return (body ? JSON.parse(body) : undefined) as T;
};
const message = (body: string) => (JSON.parse(body) as { message: string }).message;
const create = async (script: string, image = 'tiny', more: Fields = {}) =>
  (
    await good<{ Id: string }>(
      api('POST', '/containers/create', {
        Image: image,
        Cmd: ['sh', '-c', script],
        Tty: true,
        ...more,
        HostConfig: { NetworkMode: 'none' },
      }),
      201,
    )
  ).Id;
async function ran(script: string, image?: string, more?: Fields): Promise<[id: string, out: string]> {
  const id = await create(script, image, more);
  await good(api('POST', `/containers/${id}/start`), 204);
  await api('POST', `/containers/${id}/wait`);
  return [id, (await api('GET', `/containers/${id}/logs?stdout=1`)).body.replaceAll('\r\n', '\n')];
}
const commit = async (id: string, query: Record<string, string | string[]> = {}, body?: unknown) => {
  const params = new URLSearchParams({ container: id });
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) params.append(name, one);
  return api('POST', `/commit?${params.toString()}`, body);
};
const image = (name: string) => good<Inspected>(api('GET', `/images/${name}/json`), 200);
const forget = async (containers: string[], images: string[] = []) => {
  for (const id of containers) await api('DELETE', `/containers/${id}?force=1&v=1`);
  for (const name of images) await api('DELETE', `/images/${name}?force=1`);
};

test('a container of the image has what the committed one wrote, changed and deleted', async () => {
  const [id] = await ran('mkdir -p /d/e; echo new > /d/e/f; chmod 600 /d/e/f; ln /d/e/f /d/g; rm -rf /etc');
  const made = await good<{ Id: string }>(commit(id, { repo: 'made', tag: '1', comment: 'why', author: 'me' }), 201);
  const found = await image('made:1');
  assert.is(found.Id, made.Id);
  assert.equal([found.Comment, found.Author, found.RepoTags], ['why', 'me', ['made:1']]);
  assert.is(found.RootFS.Layers.length, (await image('tiny')).RootFS.Layers.length + 1);
  const [other, out] = await ran(
    'cat /d/g; test -e /etc/passwd || echo gone; test /d/g -ef /d/e/f && echo one',
    'made:1',
  );
  assert.is(out, 'new\ngone\none\n');
  await forget([id, other], ['made:1']);
});

test('changes are instructions of a Dockerfile, and the rest comes from the container', async () => {
  const id = await create('echo hi', 'tiny', { Env: ['X=1'], Labels: { a: 'b' } });
  const changes = ['ENV A=b C="d e"', 'LABEL l=m', 'EXPOSE 80 90/udp', 'ONBUILD RUN x', 'USER u', 'VOLUME /v'];
  const more = ['HEALTHCHECK --interval=5s CMD true', 'WORKDIR w', 'STOPSIGNAL 9', 'ENV D=$A-$X'];
  await good(commit(id, { repo: 'changed', changes: [...changes, ...more] }), 201);
  const { Config } = await image('changed');
  const env = (Config['Env'] as string[]).filter((entry) => !entry.startsWith('PATH='));
  assert.equal(env, ['X=1', 'A=b', 'C=d e', 'D=b-1']);
  assert.equal(Config['Cmd'], ['sh', '-c', 'echo hi']);
  assert.equal(Config['ExposedPorts'], { '80/tcp': {}, '90/udp': {} });
  assert.equal(Config['Healthcheck'], { Test: ['CMD-SHELL', 'true'], Interval: 5e9 });
  const labels = Config['Labels'] as Record<string, string>;
  assert.equal([labels['a'], labels['l']], ['b', 'm']);
  assert.equal([Config['User'], Config['WorkingDir'], Config['StopSignal']], ['u', '/w', '9']);
  assert.equal([Config['Volumes'], Config['OnBuild']], [{ '/v': {} }, ['RUN x']]);
  await good(commit(id, { repo: 'entry', changes: ['ENTRYPOINT ["a"]'] }), 201);
  const entry = (await image('entry')).Config;
  assert.equal([entry['Entrypoint'], entry['Cmd']], [['a'], null]);
  await good(commit(id, { repo: 'entry', changes: ['ENTRYPOINT []'] }), 201);
  assert.equal((await image('entry')).Config['Cmd'], ['sh', '-c', 'echo hi']);
  await forget([id], ['changed', 'entry']);
});

test('a container without changes gives an image without a new layer', async () => {
  const id = await create('true');
  await good(commit(id, { repo: 'same' }), 201);
  assert.equal((await image('same')).RootFS.Layers, (await image('tiny')).RootFS.Layers);
  await forget([id], ['same']);
});

test('a running container is committed and goes on, with and without a pause', async () => {
  const id = await create('echo x > /x; while :; do sleep 1; done');
  await good(api('POST', `/containers/${id}/start`), 204);
  for (const pause of ['1', '0']) await good(commit(id, { repo: `live${pause}`, pause }), 201);
  const { State } = await good<{ State: { Status: string } }>(api('GET', `/containers/${id}/json`), 200);
  assert.is(State.Status, 'running');
  await forget([id], ['live0', 'live1']);
});

test("what cannot be committed is refused in dockerd's words", async () => {
  const id = await create('true');
  const asked: [query: Record<string, string>, status: number, text: string][] = [
    [{ changes: 'RUN x' }, 400, 'RUN is not a valid change command'],
    [{ changes: 'ENV A' }, 400, 'ENV must have two arguments'],
    [{ changes: 'EXPOSE a' }, 400, 'Invalid containerPort: a'],
    [{ repo: 'UP' }, 400, 'invalid reference format: repository name (library/UP) must be lowercase'],
  ];
  for (const [query, status, text] of asked) {
    const { status: got, body } = await commit(id, query);
    assert.equal([got, message(body)], [status, text]);
  }
  const missing = await commit('nope');
  assert.equal([missing.status, message(missing.body)], [404, 'No such container: nope']);
  await forget([id]);
});

const STEPS = ['commit.freeze', 'commit.write-layer', 'commit.thaw', 'commit.unpack-layer', 'commit.write-image'];

if (!isPeer)
  test('a commit that is aborted before any of its steps leaves no image, and the container goes on', async () => {
    const id = await create('echo x > /x; while :; do sleep 1; done');
    await good(api('POST', `/containers/${id}/start`), 204);
    const count = async () => (await good<Fields[]>(api('GET', '/images/json?all=1'), 200)).length;
    const before = await count();
    const begin = (more: Fields) =>
      good<{ id: string }>(
        api('POST', '/drydock/operations', { kind: 'commit', container: id, repo: 'held', ...more }),
        201,
      );
    const reaches = (one: string, wanted: string) =>
      until(`it is ${wanted}`, async () => {
        const { state } = await good<{ state: string }>(api('GET', `/drydock/operations/${one}`), 200);
        return state === wanted;
      });
    const goesOn = async () => {
      const { Id } = await good<{ Id: string }>(api('POST', `/containers/${id}/exec`, { Cmd: ['true'] }), 201);
      await good(api('POST', `/exec/${Id}/start`, { Detach: true }), 200);
      await until('its exec has ended', async () => {
        const { Running } = await good<{ Running: boolean }>(api('GET', `/exec/${Id}/json`), 200);
        return !Running;
      });
    };
    for (const step of STEPS) {
      const held = await begin({ break: [step] });
      await until(`it is held before ${step}`, async () =>
        (await api('GET', `/drydock/operations/${held.id}/journal`)).body.includes('"paused"'),
      );
      await good(api('POST', `/drydock/operations/${held.id}/gate`, { command: 'abort' }), 200, 201, 204);
      await reaches(held.id, 'failed');
      assert.is(await count(), before, step);
      await goesOn();
    }
    await reaches((await begin({})).id, 'done');
    assert.is((await image('held')).RootFS.Layers.length, (await image('tiny')).RootFS.Layers.length + 1);
    await forget([id], ['held']);
  });

test.run();
