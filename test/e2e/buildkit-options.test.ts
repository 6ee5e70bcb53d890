/** Options of docker build with buildx: each is obeyed, or refused by its name. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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

test.run();
