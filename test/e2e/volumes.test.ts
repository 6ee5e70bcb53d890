/** Volumes, as dockerd 26.1.5 has them: names, anonymous ones, what they are filled with, and who may remove them. */
import * as assert from 'uvu/assert';
import type { MountView } from '../../server/docker/containers/container-config.ts';
import { likeDockerd } from './peer.ts';

const { test, api, isPeer } = await likeDockerd('volumes');

interface Volume {
  Name: string;
  Driver: string;
  Mountpoint: string;
  Labels: Record<string, string> | null;
  Options: object | null;
  Scope: string;
}
type Fields = Record<string, unknown>;
const message = (body: string) => (JSON.parse(body) as { message: string }).message;
const good = async <T>(asked: ReturnType<typeof api>, ...codes: number[]): Promise<T> => {
  const { status, body } = await asked;
  assert.ok(codes.includes(status), `${status} ${body}`);
  return (body ? JSON.parse(body) : undefined) as T;
};
const make = (body: Fields) => good<Volume>(api('POST', '/volumes/create', body), 201);
const names = async (filters: Fields = {}) =>
  (
    await good<{ Volumes: Volume[] | null }>(
      api('GET', `/volumes?filters=${encodeURIComponent(JSON.stringify(filters))}`),
      200,
    )
  ).Volumes?.map(({ Name }) => Name).sort() ?? [];
const forget = (...all: string[]) => Promise.all(all.map((name) => api('DELETE', `/volumes/${name}?force=1`)));

const create = async (script: string, host: Fields = {}, more: Fields = {}, name = '') =>
  (
    await good<{ Id: string }>(
      api('POST', `/containers/create${name && `?name=${name}`}`, {
        Image: 'tiny',
        Cmd: ['sh', '-c', script],
        Tty: true,
        ...more,
        HostConfig: { NetworkMode: 'none', ...host },
      }),
      201,
    )
  ).Id;
const mountsOf = async (id: string) =>
  (await good<{ Mounts: MountView[] }>(api('GET', `/containers/${id}/json`), 200)).Mounts;
const removal = (id: string, query = '') => api('DELETE', `/containers/${id}?force=1${query}`);
/** Starts it, waits for its end, and returns what it wrote. */
async function output(id: string): Promise<string> {
  await good(api('POST', `/containers/${id}/start`), 204);
  await good(api('POST', `/containers/${id}/wait`), 200);
  const { body } = await api('GET', `/containers/${id}/logs?stdout=1`);
  return body.replaceAll('\r\n', '\n');
}
/** The same for a container that is made for it and removed with its anonymous volumes. */
async function ran(script: string, host: Fields = {}, more: Fields = {}): Promise<string> {
  const id = await create(script, host, more);
  try {
    return await output(id);
  } finally {
    await good(removal(id, '&v=1'), 204);
  }
}

test('a volume is created once, and a second request returns it as it is', async () => {
  const one = await make({ Name: 'data', Labels: { of: 'db' } });
  assert.match(one.Mountpoint, /\/volumes\/data\/_data$/);
  const { Name, Driver, Labels, Options, Scope } = one;
  assert.equal([Name, Driver, Labels, Options, Scope], ['data', 'local', { of: 'db' }, null, 'local']);
  assert.equal(await make({ Name: 'data', Labels: { of: 'other' } }), one);
  assert.equal(await good(api('GET', '/volumes/data'), 200), one);
  assert.equal(await names({ name: ['dat'] }), ['data']);
  await forget('data');
  assert.equal(await names(), []);
});

test('a volume without a name gets one of 64 digits and the label of anonymous ones', async () => {
  const { Name, Labels } = await make({});
  assert.match(Name, /^[0-9a-f]{64}$/);
  assert.equal(Labels, { 'com.docker.volume.anonymous': '' });
  await forget(Name);
});

for (const [name, words] of [
  ['a', 'create a: volume name is too short, names should be at least two alphanumeric characters'],
  [
    '../x',
    'create ../x: "../x" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
  [
    '-x',
    'create -x: "-x" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
] as const)
  test(`a volume is not called ${name}`, async () => {
    const { status, body } = await api('POST', '/volumes/create', { Name: name });
    assert.equal([status, message(body)], [400, words]);
  });

test('what is not there cannot be inspected or removed, and with force its removal is no error', async () => {
  const missing = 'get nope: no such volume';
  for (const method of ['GET', 'DELETE']) {
    const { status, body } = await api(method, '/volumes/nope');
    assert.equal([status, message(body)], [404, missing]);
  }
  assert.is((await api('DELETE', '/volumes/nope?force=1')).status, 204);
});

test('files written to a named volume are there for the next container, also when the first one is gone', async () => {
  assert.is(await ran('echo kept > /d/f', { Binds: ['data:/d'] }), '');
  assert.is(await ran('busybox cat /d/f', { Mounts: [{ Type: 'volume', Source: 'data', Target: '/d' }] }), 'kept\n');
  assert.equal(await names(), ['data']);
  await forget('data');
});

test('an empty volume gets what the image has there, with owner and mode; one that holds something gets nothing', async () => {
  assert.is(
    await ran(
      'busybox stat -c %a /t; busybox ls /e',
      { Binds: ['tmp:/tmp', 'etc:/etc'] },
      { Cmd: ['sh', '-c', 'busybox stat -c %a /tmp; busybox cat /etc/second'] },
    ),
    '1777\nsecond\n',
  );
  assert.is(await ran('echo mine > /etc/second; busybox rm /etc/passwd', { Binds: ['etc:/etc'] }), '');
  assert.is(
    await ran('busybox cat /etc/second; busybox ls /etc', { Binds: ['etc:/etc'] }).then((text) =>
      text.includes('passwd'),
    ),
    false,
  );
  await forget('tmp', 'etc');
});

test('nocopy leaves a volume empty', async () => {
  assert.is(await ran('busybox ls /e', { Binds: ['etc:/e:nocopy'] }), '');
  assert.is(await ran('busybox test -e /etc/second || echo none', { Binds: ['etc:/etc:nocopy'] }), 'none\n');
  const Mounts = [{ Type: 'volume', Source: 'other', Target: '/etc', VolumeOptions: { NoCopy: true } }];
  assert.is(await ran('busybox test -e /etc/second || echo none', { Mounts }), 'none\n');
  await forget('etc', 'other');
});

test('a read-only volume cannot be written to', async () => {
  assert.match(await ran('echo x > /d/f', { Binds: ['data:/d:ro'] }), /Read-only file system/);
  await forget('data');
});

test('inspect names the volume, its directory and its place', async () => {
  const id = await create(
    'true',
    { Binds: ['data:/d', 'other:/o:ro'], Mounts: [{ Type: 'volume', Target: '/m' }] },
    { Volumes: { '/v': {} } },
  );
  const mounts = (await mountsOf(id)).sort((a, b) => (a.Destination < b.Destination ? -1 : 1));
  const seen = mounts.map(({ Type, Name = '', Driver, Destination, Mode, RW, Propagation }) => [
    Type,
    Name.length === 64 ? 'long' : Name,
    Driver,
    Destination,
    Mode,
    RW,
    Propagation,
  ]);
  assert.equal(seen, [
    ['volume', 'data', 'local', '/d', 'z', true, ''],
    ['volume', 'long', 'local', '/m', 'z', true, ''],
    ['volume', 'other', 'local', '/o', 'ro', false, ''],
    ['volume', 'long', 'local', '/v', '', true, ''],
  ]);
  for (const { Name = '', Source } of mounts) assert.ok(Source.endsWith(`/volumes/${Name}/_data`), Source);
  await good(removal(id, '&v=1'), 204);
  assert.equal(await names(), ['data', 'other'], 'the volumes without a name went with it');
  await forget('data', 'other');
});

test('a volume that a container has is not removed, whether it runs or not', async () => {
  const id = await create('true', { Binds: ['data:/d'] });
  for (const query of ['', '?force=1']) {
    const { status, body } = await api('DELETE', `/volumes/data${query}`);
    assert.equal([status, message(body)], [409, `remove data: volume is in use - [${id}]`]);
  }
  assert.equal(await names({ dangling: ['true'] }), []);
  assert.equal(await names({ dangling: ['false'] }), ['data']);
  await good(removal(id), 204);
  await good(api('DELETE', '/volumes/data'), 204);
});

test('rm leaves anonymous volumes, and --rm takes them', async () => {
  const id = await create('true', {}, { Volumes: { '/v': {} } });
  const [{ Name = '' } = {} as MountView] = await mountsOf(id);
  await good(removal(id), 204);
  assert.equal(await names(), [Name]);
  await forget(Name);
  const brief = await create('true', { AutoRemove: true, Binds: ['data:/d'] }, { Volumes: { '/v': {} } });
  const gone = api('POST', `/containers/${brief}/wait?condition=removed`);
  await good(api('POST', `/containers/${brief}/start`), 204);
  await good(gone, 200);
  assert.equal(await names(), ['data']);
  await forget('data');
});

test('--volumes-from takes volumes and binds over, and an anonymous volume goes with the last container', async () => {
  const Volumes = { '/v': {} };
  const one = await create('echo from > /v/f', { Binds: ['data:/d', '/dev/shm:/s:ro'] }, { Volumes });
  assert.is(await output(one), '');
  const other = await create('busybox cat /v/f; echo x > /d/f', { VolumesFrom: [`${one}:ro`] });
  const seen = (await mountsOf(other)).map(({ Type, Destination, RW, Mode }) => [Type, Destination, RW, Mode]);
  assert.equal(
    seen.sort((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1)),
    [
      ['volume', '/d', false, ''],
      ['bind', '/s', false, ''],
      ['volume', '/v', false, ''],
    ],
  );
  assert.match(await output(other), /^from\n.*Read-only file system\n$/);
  await good(removal(one, '&v=1'), 204);
  assert.is((await names()).length, 2, 'the other one still has it');
  await good(removal(other, '&v=1'), 204);
  assert.equal(await names(), ['data']);
  await forget('data');
});

test('--volumes-from an unknown container is refused', async () => {
  const { status, body } = await api('POST', '/containers/create', {
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: { VolumesFrom: ['nope'] },
  });
  assert.equal([status, message(body)], [400, 'No such container: nope']);
});

test('prune takes anonymous volumes only, before API 1.42 and with all=true also the others', async () => {
  const prune = (version: string, filters: Fields = {}) =>
    good<{ VolumesDeleted: string[]; SpaceReclaimed: number }>(
      api('POST', `/${version}/volumes/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`),
      200,
    );
  const id = await create('true', { Binds: ['used:/u'] });
  await make({ Name: 'data', Labels: { keep: 'yes' } });
  const { Name } = await make({});
  assert.equal(await prune('v1.42'), { VolumesDeleted: [Name], SpaceReclaimed: 0 });
  assert.equal(await prune('v1.42', { all: ['true'], 'label!': ['keep'] }), {
    VolumesDeleted: [],
    SpaceReclaimed: 0,
  });
  assert.equal(await prune('v1.42', { all: ['true'] }), { VolumesDeleted: ['data'], SpaceReclaimed: 0 });
  await make({ Name: 'old' });
  assert.equal(await prune('v1.41'), { VolumesDeleted: ['old'], SpaceReclaimed: 0 });
  await good(removal(id), 204);
  await forget('used');
});

test('a directory of a volume is mounted with volume-subpath, and none outside of it', async () => {
  assert.is(
    await ran('busybox mkdir -p /d/a/b; echo deep > /d/a/b/f; busybox ln -s / /d/out', { Binds: ['data:/d'] }),
    '',
  );
  const at = (Subpath: string) => ({
    Mounts: [{ Type: 'volume', Source: 'data', Target: '/x', VolumeOptions: { Subpath } }],
  });
  assert.is(await ran('busybox cat /x/f', at('a/b')), 'deep\n');
  const id = await create('busybox ls /x', at('out'));
  const { status } = await api('POST', `/containers/${id}/start`);
  assert.ok(status >= 400, `a link that leads out: ${status}`);
  await good(removal(id), 204);
  await forget('data');
});

test('the same place cannot be mounted twice', async () => {
  const { status, body } = await api('POST', '/containers/create', {
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: { Binds: ['one:/d', 'two:/d'] },
  });
  assert.equal([status, message(body)], [400, 'Duplicate mount point: /d']);
  // dockerd keeps the volume that it made before it found the second one
  if (isPeer) await forget('one');
  assert.equal(await names(), []);
});

test.run();
