/** docker build over BuildKit's wire, with the real client and its plugin buildx. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { busyboxImage } from './busybox-image.ts';
import { buildxClient } from './compose-client.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';

await ownRoom();
const test = suite('docker build with buildx', 'root', 'docker', 'busybox');
const d = new Daemon();
let count = 0;

test.before(async () => {
  mkdirSync(join(d.root, 'docker/cli-plugins'), { recursive: true });
  symlinkSync(await buildxClient(), join(d.root, 'docker/cli-plugins/docker-buildx'));
  await d.start();
  await d.ok('tag', await busyboxImage(d, 'base'), 'base');
});
test.after(() => d.close());

/** A new directory with these files. */
function context(files: Readonly<Record<string, string>>): string {
  const dir = join(d.root, `context-${count++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);
const sh = async (image: string, script: string): Promise<string> =>
  (await d.ok('run', '--rm', '--network', 'none', image, 'sh', '-c', script)).trim();
const left = async (): Promise<string[]> => [
  ...(await d.ok('ps', '-aq')).split('\n').filter(Boolean),
  ...readdirSync(join(d.root, 'build')).filter((name) => name !== 'cache.json'),
];

test('the client shows each instruction with its output, and the image has its name', async () => {
  const dir = context({
    Dockerfile: 'FROM base\nARG WHO=nobody\nWORKDIR /srv\nCOPY . .\nRUN cat a > b && echo "made for $WHO"\nCMD cat b\n',
    a: 'hello\n',
    'sub/deep/c': 'deep',
    secret: 'x',
    'sub/secret': 'y',
    '.dockerignore': '**/secret\n.dockerignore\nDockerfile\n',
  });
  const [idFile, metadata] = [join(d.root, 'iid'), join(d.root, 'metadata.json')];
  const flags = ['-t', 'first', '--build-arg', 'WHO=you', '--label', 'x=1', '--iidfile', idFile];
  const { code, err } = await build(dir, ...flags, '--metadata-file', metadata);
  assert.is(code, 0, err);
  assert.match(err, /#\d+ \[0 5\/7\] RUN cat a > b && echo "made for \$WHO"\n#\d+ [\d.]+ made for you\n/);
  assert.is((await d.ok('run', '--rm', '--network', 'none', 'first')).trim(), 'hello');
  assert.is(await sh('first', 'find . -type f | sort'), './a\n./b\n./sub/deep/c');
  const id = (await d.dockerOk('inspect', '-f', '{{.Id}}', 'first')).trim();
  assert.is(readFileSync(idFile, 'utf8'), id);
  const told = JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>;
  assert.is(told['containerimage.config.digest'], id);
  assert.equal(await left(), []);
  const again = await build(dir, ...flags);
  assert.is(again.err.match(/CACHED/g)?.length, 6, again.err);
  assert.is((await d.docker('build', '-q', '--build-arg', 'WHO=you', '--label', 'x=1', dir)).out.trim(), id);
});

test('a RUN that fails ends the build with its output and code 1', async () => {
  const { code, err } = await build(context({ Dockerfile: 'FROM base\nRUN echo why >&2; exit 7\n' }));
  assert.is(code, 1);
  assert.match(err, /\d why\n/);
  assert.match(
    err,
    "ERROR: failed to solve: The command '/bin/sh -c echo why >&2; exit 7' returned a non-zero code: 7",
  );
  assert.equal(await left(), []);
});

test.run();
