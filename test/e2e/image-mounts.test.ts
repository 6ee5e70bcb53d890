/** `--mount type=image`: the files of another image in a container, with both storage drivers. */
import * as assert from 'uvu/assert';
import { existsSync, readFileSync } from 'node:fs';
import type { MountView } from '../../server/docker/containers/container-config.ts';
import { link } from './made-image.ts';
import { clients, Daemon } from './daemon.ts';
import { importFiles } from './import-files.ts';
import { site } from './site.ts';

const s = await site('mounted images', { images: ['tiny'] });
const vfs = await site('mounted images, vfs', { images: ['tiny'], flags: ['--storage-driver', 'vfs'] });

const message = (body: string) => (JSON.parse(body) as { message: string }).message;
const mountOf = (d: Daemon, name: string) => d.json<{ Id: string; Mounts: MountView[] }>(`/containers/${name}/json`);
const create = (d: Daemon, mount: object, version = '') =>
  d.api('POST', `${version}/containers/create`, { Image: 'tiny', Cmd: ['true'], HostConfig: { Mounts: [mount] } });

for (const { test, daemon } of [s, vfs].map((one) => ({ test: one.test, daemon: () => one.daemon }))) {
  test('an image of one layer and one of several are shown read-only, whole or by a directory of theirs', async () => {
    const d = daemon();
    await importFiles(d, 'tools', [
      { name: 'opt/', type: '5' },
      { name: 'opt/a', content: 'from the image\n' },
      link('climbing', '../../../../opt'),
    ]);
    // a second layer changes one file and takes another away
    await d.dockerOk(
      'run',
      '--name',
      'more',
      '--entrypoint',
      'sh',
      'tiny',
      '-c',
      'echo two > /etc/two; rm /etc/second',
    );
    await d.dockerOk('commit', 'more', 'layered');
    await d.dockerOk('rm', 'more');
    for (const client of clients) {
      const ran = async (...args: string[]) => {
        const { code, out, err } = await d.client(client, ['run', '--rm', ...args]);
        return `${code} ${out}${err}`.trim();
      };
      assert.is(
        await ran('--mount', 'type=image,source=tools,target=/t', 'tiny', 'busybox', 'cat', '/t/opt/a'),
        '0 from the image',
      );
      const by = (path: string) => `type=image,src=tools,dst=/dev/t,image-subpath=${path}`;
      assert.is(await ran('--mount', by('opt'), 'tiny', 'busybox', 'cat', '/dev/t/a'), '0 from the image');
      assert.is(
        await ran('--mount', by('climbing'), 'tiny', 'busybox', 'cat', '/dev/t/a'),
        '0 from the image',
        'a link stays in it',
      );
      assert.match(await ran('--mount', by('none'), 'tiny', 'true'), /^12[57] [^]*(ENOENT|no such file)/i);
      const layered = ['--mount', 'type=image,source=layered,target=/l', 'tiny', 'sh', '-c'];
      assert.is(await ran(...layered, 'cat /l/etc/two; test -e /l/etc/second || echo gone'), '0 two\ngone');
      assert.match(await ran(...layered, 'echo x > /l/new'), /Read-only file system/);
    }
    assert.not.match(readFileSync('/proc/self/mountinfo', 'utf8'), `${d.root}/containers`);
  });

  test('it is in use while the container exists, and outlives the daemon', async () => {
    const d = daemon();
    const mount = 'type=image,source=tools,target=/t';
    await d.dockerOk('run', '-d', '--name', 'user', '--mount', mount, 'tiny', 'sleep', '1000');
    const { Id, Mounts } = await mountOf(d, 'user');
    const { Source, ...rest } = Mounts[0]!;
    const shown = { Type: 'image', Name: 'tools', Destination: '/t', Mode: '', RW: false, Propagation: '' };
    assert.equal([Mounts.length, rest], [1, shown]);
    assert.ok(existsSync(Source), Source);
    const image = (await d.json<{ Id: string }>('/images/tools/json')).Id;
    const refused = await d.docker('rmi', '-f', image);
    assert.match(refused.err, new RegExp(`image is being used by running container ${Id.slice(0, 12)}`));
    await d.kill9();
    await d.start();
    assert.is(await d.dockerOk('exec', 'user', 'busybox', 'cat', '/t/opt/a'), 'from the image');
    await d.dockerOk('stop', '-t', '0', 'user');
    assert.match((await d.docker('rmi', 'tools')).err, /must force\) - container [0-9a-f]{12} is using/);
    // what a stopped container has is kept until it is removed
    await d.dockerOk('rmi', '-f', 'tools');
    await d.dockerOk('start', 'user');
    assert.is(await d.dockerOk('exec', 'user', 'busybox', 'cat', '/t/opt/a'), 'from the image');
    await d.dockerOk('cp', 'user:/t/opt/a', `${d.root}/running`);
    await d.dockerOk('stop', '-t', '0', 'user');
    await d.dockerOk('cp', 'user:/t/opt/a', `${d.root}/stopped`);
    assert.match((await d.docker('cp', `${d.root}/stopped`, 'user:/t/new')).err, /read-only|Read-only/);
    await d.dockerOk('run', '--rm', '--volumes-from', 'user', 'tiny', 'busybox', 'cat', '/t/opt/a');
    await d.dockerOk('rm', 'user');
    assert.not.ok(existsSync(Source));
  });
}

s.test("what cannot be is refused in dockerd's words", async () => {
  const d = s.daemon;
  const image = (more: object) => ({ Type: 'image', Source: 'tiny', Target: '/t', ...more });
  for (const [mount, status, words] of [
    [image({ Source: 'nowhere' }), 404, 'No such image: nowhere:latest'],
    [image({ Source: '' }), 400, 'invalid mount config for type "image": field Source must not be empty'],
    [
      image({ ImageOptions: { Subpath: '../etc' } }),
      400,
      'invalid mount config for type "image": subpath must be a relative path within the volume',
    ],
    [image({ BindOptions: { Propagation: 'rslave' } }), 400, 'BindOptions must not be specified on mount type "image"'],
  ] as const) {
    const answer = await create(d, mount);
    assert.equal([answer.status, message(answer.body)], [status, words]);
  }
  const old = await create(d, image({}), '/v1.47');
  assert.equal([old.status, message(old.body)], [400, 'Mount type "Image" needs API v1.48 or newer']);
});

s.test.run();
vfs.test.run();
