/** Options of docker build with buildx: each is obeyed, or refused by its name. */
import { existsSync, mkdirSync, readdirSync, realpathSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { busyboxImage } from './busybox-image.ts';
import { buildxClient } from './compose-client.ts';
import { Daemon } from './daemon.ts';
import type { Ran } from './ran.ts';
import { ownRoom } from './room.ts';

await ownRoom();
const test = suite('options of docker build with buildx', 'root', 'docker', 'busybox');
const d = new Daemon();
let count = 0;

test.before(async () => {
  mkdirSync(join(d.root, 'docker/cli-plugins'), { recursive: true });
  symlinkSync(await buildxClient(), join(d.root, 'docker/cli-plugins/docker-buildx'));
  await d.start();
  await d.ok('tag', await busyboxImage(d, 'base'), 'base');
});
test.after(() => d.close());

function context(dockerfile: string): string {
  const dir = join(d.root, `context-${count++}`);
  mkdirSync(dir);
  writeFileSync(join(dir, 'Dockerfile'), dockerfile);
  return dir;
}
const build = (dockerfile: string, ...args: string[]): Promise<Ran> =>
  d.docker('build', '--progress', 'plain', ...args, context(dockerfile));
async function built(dockerfile: string, ...args: string[]): Promise<string> {
  const { code, err } = await build(dockerfile, ...args);
  assert.is(code, 0, err);
  return err;
}

test('a cache that is to be written and an annotation are refused by name', async () => {
  const inline = await build('FROM base\n', '--cache-to', 'type=inline');
  assert.is(inline.code, 1);
  assert.match(
    inline.err,
    'ERROR: failed to solve: --cache-to type=inline of a build: not there yet in Drydock; leave',
  );
  const noted = await build('FROM base\n', '--load', '--annotation', 'a=b');
  assert.is(noted.code, 1);
  assert.match(noted.err, /--annotation of a build: not there yet in Drydock; use --label/);
});

test('a cache of elsewhere is shown as not read, and the build goes on without it', async () => {
  const out = await built('FROM base\n', '--cache-from', 'shop/app:cache', '--provenance=false');
  assert.match(
    out,
    /importing cache manifest from shop\/app:cache\n#\d+ ERROR: not read: Drydock looks in its own cache/,
  );
  d.env['DOCKER_BUILDKIT'] = '0';
  const classic = await d.docker('build', '--cache-from', 'shop/app:cache', context('FROM base\n'));
  delete d.env['DOCKER_BUILDKIT'];
  assert.is(classic.code, 0, classic.err);
  assert.match(classic.out, '[Warning] --cache-from shop/app:cache: not read: Drydock looks in its own cache');
});

test('--push is the push of the image when it is built', async () => {
  const { code, err } = await build('FROM base\n', '--push', '-t', '127.0.0.1:1/pushed');
  assert.is(code, 1);
  assert.match(err, /pushing 127\.0\.0\.1:1\/pushed[^]*127\.0\.0\.1:1/);
  assert.match(await d.ok('images', '127.0.0.1:1/pushed'), 'pushed');
});

const parent = `${d.name}-build`;
const SETTINGS = [
  ...['--add-host', 'shop.example:192.0.2.7', '--add-host', 'six.example:2001:db8::7'],
  ...['--shm-size', '1m', '--ulimit', 'nofile=100:200', '--cgroup-parent', `/${parent}`],
];
const SHOW = `FROM base
RUN cat /etc/hosts; df -k /dev/shm | tail -n 1; ulimit -Sn; ulimit -Hn
`;
/** Removes the cgroups above those of the containers, which stay as with dockerd. True when there was one. */
const removeGroups = (): boolean => {
  const above = ['', ...readdirSync('/sys/fs/cgroup')].map((name) => join('/sys/fs/cgroup', name, parent));
  const found = above.filter((path) => existsSync(path)).map((path) => realpathSync(path));
  for (const path of new Set(found)) rmdirSync(path);
  return found.length > 0;
};
const shown = (out: string) => {
  assert.match(out, /192\.0\.2\.7\s+shop\.example/);
  assert.match(out, /2001:db8::7\s+six\.example/);
  assert.match(out, /\s1024\s.*\/dev\/shm/);
  assert.match(out, /\b100\n(.* )?200\n/);
  assert.ok(removeGroups(), 'the cgroup above was made');
};

test('added hosts, the size of /dev/shm, limits and the cgroup above are those of RUN on both wires', async () => {
  shown(await built(SHOW, ...SETTINGS));
  d.env['DOCKER_BUILDKIT'] = '0';
  const classic = await d.docker('build', '--no-cache', ...SETTINGS, '--memory', '64m', context(SHOW));
  delete d.env['DOCKER_BUILDKIT'];
  assert.is(classic.code, 0, classic.err);
  shown(classic.out);
});

test('another added host is another key of the cache, and a limit is not', async () => {
  const dockerfile = 'FROM base\nRUN true keyed\n';
  await built(dockerfile, '--add-host', 'a:192.0.2.1');
  assert.match(await built(dockerfile, '--add-host', 'a:192.0.2.1', '--shm-size', '2m'), 'CACHED');
  assert.not.match(await built(dockerfile, '--add-host', 'a:192.0.2.2'), 'CACHED');
});

test('a limit that the kernel does not take is refused before anything runs', async () => {
  d.env['DOCKER_BUILDKIT'] = '0';
  const { code, err } = await d.docker('build', '--memory', '1k', context('FROM base\nRUN true never\n'));
  delete d.env['DOCKER_BUILDKIT'];
  assert.is(code, 1);
  assert.match(err, 'Minimum memory limit allowed is 6MB');
  assert.is(await d.ok('ps', '-aq'), '');
});

test.run();
