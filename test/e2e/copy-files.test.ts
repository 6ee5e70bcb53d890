/** `docker cp`, as dockerd 26.1.5 answers its requests: what a path is, archives out of a container and into it. */
import * as assert from 'uvu/assert';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { archive, type Made } from '../image/tarball.ts';
import { likeDockerd } from './peer.ts';
import { listing } from './tar-listing.ts';

const { test, api, socket, isPeer } = await likeDockerd('copied files');

interface Got {
  status: number;
  body: Buffer;
  stat: { name: string; size: number; mode: number; linkTarget: string } | undefined;
}
/** A request whose body or answer is an archive. */
const files = (method: string, id: string, path: string, body?: Buffer, more = ''): Promise<Got> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: socket(),
        method,
        path: `/containers/${id}/archive?path=${encodeURIComponent(path)}${more}`,
        agent: false,
        ...(body && { headers: { 'Content-Type': 'application/x-tar', 'Content-Length': body.length } }),
      },
      (res) => {
        const parts: Buffer[] = [];
        const header = res.headers['x-docker-container-path-stat'];
        res
          .on('data', (part: Buffer) => parts.push(part))
          .on('error', reject)
          .on('end', () =>
            resolve({
              status: res.statusCode ?? 0,
              body: Buffer.concat(parts),
              stat: header ? (JSON.parse(Buffer.from(String(header), 'base64').toString()) as Got['stat']) : undefined,
            }),
          );
      },
    );
    asked.on('error', reject).end(body);
  });
const message = ({ body }: Got) => (JSON.parse(body.toString()) as { message: string }).message;
const put = (id: string, path: string, entries: Made[], more = '&noOverwriteDirNonDir=true') =>
  files('PUT', id, path, archive(...entries), more);

type Fields = Record<string, unknown>;
async function create(script: string, host: Fields = {}, more: Fields = {}): Promise<string> {
  const { status, body } = await api('POST', '/containers/create', {
    Image: 'tiny',
    Cmd: ['sh', '-c', script],
    Tty: true,
    ...more,
    HostConfig: { NetworkMode: 'none', ...host },
  });
  assert.is(status, 201, body);
  return (JSON.parse(body) as { Id: string }).Id;
}
const remove = (id: string) => api('DELETE', `/containers/${id}?force=1&v=1`);
const start = async (id: string) => assert.is((await api('POST', `/containers/${id}/start`)).status, 204);
async function wrote(id: string): Promise<string> {
  await start(id);
  await api('POST', `/containers/${id}/wait`);
  return (await api('GET', `/containers/${id}/logs?stdout=1`)).body.replaceAll('\r\n', '\n');
}
/** The states in which files are copied; each makes a container that has run `prepare`. */
const states: Record<string, (prepare: string, host?: Fields) => Promise<string>> = {
  stopped: async (prepare, host) => {
    const id = await create(prepare, host);
    await wrote(id);
    return id;
  },
  running: async (prepare, host) => {
    const id = await create(`${prepare}; echo ready; exec sleep 1000`, host);
    await start(id);
    while (!(await api('GET', `/containers/${id}/logs?stdout=1`)).body.includes('ready'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    return id;
  },
};
states['paused'] = async (prepare, host) => {
  const id = await states['running']!(prepare, host);
  assert.is((await api('POST', `/containers/${id}/pause`)).status, 204);
  return id;
};
const tree = `busybox mkdir -p /w/d/sub; echo one > /w/f; busybox chmod 4750 /w/f; busybox ln -s ../f /w/d/up;
  busybox ln -s /w/d /w/way; busybox ln -s nowhere /w/lost; busybox mkfifo /w/p; echo deep > /w/d/sub/g; busybox ln /w/f /w/d/hard`;

for (const [state, made] of Object.entries(states)) {
  test(`${state}: what a path is, with links resolved in the container`, async () => {
    const id = await made(tree);
    const seen = async (path: string) => {
      const { status, stat } = await files('HEAD', id, path);
      return stat ? [stat.name, stat.mode.toString(8), stat.linkTarget] : status;
    };
    assert.equal(await seen('/w/f'), ['f', (2 ** 23 + 0o750).toString(8), '']);
    assert.equal(await seen('w/f'), ['f', (2 ** 23 + 0o750).toString(8), '']);
    assert.equal(await seen('/w/d'), ['d', (2 ** 31 + 0o755).toString(8), '']);
    assert.equal(await seen('/w/d/up'), ['up', (2 ** 27 + 0o777).toString(8), '/w/f']);
    assert.equal(await seen('/w/way'), ['way', (2 ** 27 + 0o777).toString(8), '/w/d']);
    assert.equal(await seen('/w/way/up'), ['up', (2 ** 27 + 0o777).toString(8), '/w/f']);
    assert.equal(await seen('/w/p'), ['p', (2 ** 25 + 0o644).toString(8), '']);
    assert.equal(await seen('/../../../w/f'), ['f', (2 ** 23 + 0o750).toString(8), '']);
    assert.equal(await seen('/'), ['/', (2 ** 31 + 0o755).toString(8), '']);
    assert.is(await seen('/w/nope'), 404);
    // dockerd passes this errno on as an error of its own
    assert.is(await seen('/w/f/x'), 500);
    await remove(id);
  });

  test(`${state}: a file and a directory come out as an archive that begins with their names`, async () => {
    const id = await made(tree);
    const names = async (path: string) =>
      listing((await files('GET', id, path)).body)
        .map(({ name }) => name)
        .sort();
    assert.equal(await names('/w/f'), ['f']);
    assert.equal(await names('/w/way'), ['way']);
    assert.equal(await names('/w/d'), ['d/', 'd/hard', 'd/sub/', 'd/sub/g', 'd/up']);
    assert.equal(await names('/w/d/.'), ['./', './hard', './sub/', './sub/g', './up']);
    const [file] = listing((await files('GET', id, '/w/f')).body);
    assert.equal([file?.content, file?.mode, file?.uid], ['one\n', 0o4750, 0]);
    const missing = await files('GET', id, '/w/nope');
    assert.equal([missing.status, message(missing)], [404, `Could not find the file /w/nope in container ${id}`]);
    await remove(id);
  });

  test(`${state}: an archive goes into a directory, also through a link, into a volume, and into what is there`, async () => {
    const id = await made(tree, { Binds: ['copied:/v'] });
    const entries: Made[] = [
      { name: 'd/', type: '5', mode: 0o700, uid: 7, gid: 8 },
      { name: 'd/new', content: 'new\n', mode: 0o640, uid: 1000, gid: 1000 },
      { name: 'f', content: 'changed\n' },
      { name: 'link', type: '2', linkname: 'f' },
    ];
    assert.is((await put(id, '/w', entries)).status, 200);
    assert.is((await put(id, '/w/way', [{ name: 'through', content: 'link\n' }])).status, 200);
    assert.is((await put(id, '/v', [{ name: 'in-volume', content: 'v\n' }])).status, 200);
    const one = async (path: string) => {
      const [found] = listing((await files('GET', id, path)).body);
      return [found?.content, found?.mode, found?.uid, found?.gid];
    };
    assert.equal(await one('/w/d/new'), ['new\n', 0o640, 1000, 1000]);
    assert.equal((await one('/w/f'))[0], 'changed\n');
    assert.equal((await one('/w/d/hard'))[0], 'one\n', 'a file is replaced, and not written into');
    assert.equal((await one('/w/d/through'))[0], 'link\n');
    assert.equal((await one('/w/d/sub/g'))[0], 'deep\n', 'what was there stays');
    await remove(id);
    const other = await create('busybox cat /v/in-volume', { Binds: ['copied:/v'] });
    assert.is(await wrote(other), 'v\n');
    await remove(other);
    await api('DELETE', '/volumes/copied');
  });
}

test('an archive does not go into a file, into nothing, and not where it is read-only', async () => {
  const id = await create('true', { ReadonlyRootfs: true, Binds: ['copied:/v:ro', 'other:/o'] });
  const refused = async (path: string) => {
    const got = await put(id, path, [{ name: 'f', content: 'x' }]);
    return [got.status, got.status === 200 ? '' : message(got)];
  };
  assert.equal(await refused('/etc/passwd'), [500, 'extraction point is not a directory']);
  assert.equal(await refused('/nope'), [404, `Could not find the file /nope in container ${id}`]);
  assert.equal(await refused('/etc'), [500, 'container rootfs is marked read-only']);
  assert.equal(await refused('/v'), [500, 'mounted volume is marked read-only']);
  assert.equal(await refused('/o'), [200, '']);
  await remove(id);
  for (const name of ['copied', 'other']) await api('DELETE', `/volumes/${name}`);
});

test('a directory is not replaced by a file, nor a file by a directory', async () => {
  const id = await create(tree);
  await wrote(id);
  const words = async (entries: Made[]) => {
    const got = await put(id, '/w', entries);
    assert.ok(got.status >= 400, String(got.status));
    return message(got);
  };
  assert.match(await words([{ name: 'd', content: 'x' }]), /cannot overwrite directory "\/w\/d" with non-directory/);
  assert.match(await words([{ name: 'f/', type: '5' }]), /cannot overwrite non-directory "\/w\/f" with directory/);
  await remove(id);
});

test('with copyUIDGID everything belongs to the user of the container', async () => {
  // dockerd 26 wants the number to be in the container's passwd(5)
  const [User, uid, gid] = isPeer ? ['root', 0, 0] : ['12:13', 12, 13];
  const id = await create('true', {}, { User });
  assert.is((await put(id, '/tmp', [{ name: 'f', content: 'x', uid: 1, gid: 2 }], '&copyUIDGID=true')).status, 200);
  const [found] = listing((await files('GET', id, '/tmp/f')).body);
  assert.equal([found?.uid, found?.gid], [uid, gid]);
  await remove(id);
});

test('a compressed archive is unpacked', async () => {
  const id = await create('true');
  const body = gzipSync(archive({ name: 'f', content: 'x' }));
  assert.is((await files('PUT', id, '/tmp', body)).status, 200);
  assert.is(listing((await files('GET', id, '/tmp/f')).body)[0]?.content, 'x');
  await remove(id);
});

for (const [what, entries] of [
  ['a name that climbs', [{ name: '../../../../../../etc/climbed', content: 'x' }]],
  [
    'a link and a file through it',
    [
      { name: 'l', type: '2', linkname: '/../../../../../../tmp' },
      { name: 'l/through', content: 'x' },
    ],
  ],
  ['a hard link to a name that climbs', [{ name: 'h', type: '1', linkname: '../../../../../../etc/passwd' }]],
  ['damaged bytes', undefined],
] as [string, Made[] | undefined][])
  test(`an archive with ${what} writes nothing outside of the container`, async () => {
    for (const made of [states['running']!, states['stopped']!]) {
      const id = await made('true');
      const body = entries ? archive(...entries) : Buffer.from('nonsense'.repeat(200));
      const { status } = await files('PUT', id, '/tmp', body, '&noOverwriteDirNonDir=true');
      assert.ok(status === 200 ? what.startsWith('a link') : status >= 400, String(status));
      if (!isPeer)
        for (const path of ['/etc/climbed', '/tmp/through']) assert.not.ok(existsSync(path), `${path} of the host`);
      await remove(id);
    }
  });

test('a path is needed', async () => {
  const id = await create('true');
  const { status } = await api('GET', `/containers/${id}/archive`);
  assert.is(status, 400);
  await remove(id);
});

test.run();
