/** docker build over BuildKit's wire, with the real client and its plugin buildx. */
import { spawn } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';
import { composeClient } from './compose-client.ts';
import { until } from '../until.ts';
import { run } from './ran.ts';

const { test, d, context, left } = await buildSite('docker build with buildx');
const program = await composeClient();
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);
const sh = async (image: string, script: string): Promise<string> =>
  (await d.ok('run', '--rm', '--network', 'none', image, 'sh', '-c', script)).trim();

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

test('a stage, its arguments and new work with --no-cache are as asked; another platform is refused', async () => {
  const dir = context({ Dockerfile: 'FROM base AS one\nARG V=1\nRUN echo $V > /v\nFROM one\nRUN false\n' });
  assert.is((await build(dir, '--target', 'one', '-t', 'stage')).code, 0);
  const again = await build(dir, '--target', 'one', '--no-cache', '--build-arg', 'V=2', '-t', 'stage');
  assert.not.match(again.err, 'CACHED');
  assert.is(await sh('stage', 'cat /v'), '2');
  const other = await build(dir, '--platform', 'linux/s390x');
  assert.match(other.err, 'ERROR: failed to solve: building for linux/s390x: not there yet in Drydock');
});

test('a file that is a link in the context leads where it leads in the context', async () => {
  const dir = context({ 'real/Dockerfile': 'FROM base\nCOPY link /l\nCOPY real /r\n', 'real/f': 'x' });
  symlinkSync('real/Dockerfile', join(dir, 'Dockerfile'));
  symlinkSync('real/f', join(dir, 'link'));
  const { code, err } = await build(dir, '-t', 'links');
  assert.is(code, 0, err);
  assert.is(await sh('links', 'cat /l /r/f'), 'xx');
});

test('a client that is killed takes its build with it, and what that had started', async () => {
  const dir = context({ Dockerfile: 'FROM base\nRUN echo begun; sleep 1000\n' });
  const args = ['build', '--progress', 'plain', dir];
  const client = spawn('docker', args, { env: { ...process.env, ...d.env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  client.stderr.on('data', (data) => (said += data));
  const gone = new Promise((resolve) => client.once('exit', resolve));
  await until('the RUN runs', async () => {
    assert.is(client.exitCode, null, said);
    return (await d.ok('ps', '-q')) !== '';
  });
  client.kill('SIGKILL');
  await gone;
  await until('nothing is left', async () => !(await left()).length);
  assert.equal(await left(), []);
});

test('docker compose builds a service and starts it', async () => {
  const dir = context({
    Dockerfile: 'FROM base AS app\nARG V=1\nRUN echo $V > /v\nFROM app\nRUN false\n',
    'compose.yaml': `name: shop
services:
  app:
    image: shop-app
    build: { context: ., target: app, args: { V: "7" } }
    command: [cat, /v]
    network_mode: none
`,
  });
  const compose = (...args: string[]) => run(program, ['-f', join(dir, 'compose.yaml'), ...args], { env: d.env });
  const { code, err, out } = await compose('build');
  assert.is(code, 0, err + out);
  const up = await compose('up', '--build', '-d');
  assert.is(up.code, 0, up.err);
  await d.dockerOk('wait', 'shop-app-1');
  assert.is((await d.dockerOk('logs', 'shop-app-1')).trim(), '7');
  assert.is((await compose('down')).code, 0);
  assert.equal(await left(), []);
});

test.run();
