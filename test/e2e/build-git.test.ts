/** Contexts in git repositories, and ADD of them. git runs confined: without rights, hooks, other protocols. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { until } from '../until.ts';
import { buildSite } from './build-site.ts';
import { git, gitServer, publish, type GitServer } from './git-server.ts';

const { test, d, context, left } = await buildSite('builds from git repositories', 'git');
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);
const shown = (image: string, ...command: string[]) => d.ok('run', '--rm', '--network', 'none', image, ...command);

let smart: GitServer;
let dumb: GitServer;
let work: string;
let bare: string;
let first: string;
test.before(async () => {
  const root = join(d.root, 'repositories');
  bare = join(root, 'app.git');
  mkdirSync(bare, { recursive: true });
  git(bare, 'init', '-q', '--bare', '--initial-branch=main');
  work = context({
    Dockerfile: 'FROM base\nCOPY a /a\nCOPY . /all\n',
    a: 'of a\n',
    'sub/Dockerfile': 'FROM base\nCOPY b run /\n',
    'sub/b': 'of b\n',
    'sub/run': '#!/bin/sh\n',
  });
  chmodSync(join(work, 'sub/run'), 0o755);
  symlinkSync('/etc', join(work, 'etc'));
  symlinkSync('../../..', join(work, 'up'));
  git(work, 'init', '-q', '--initial-branch=main');
  first = publish(work, bare, 'first');
  git(work, 'tag', '-a', 'v1', '-m', 'v1');
  writeFileSync(join(work, 'a'), 'another\n');
  publish(work, bare, 'second');
  [smart, dumb] = [await gitServer(root, true), await gitServer(root, false)];
});
test.after(() => {
  smart.close();
  dumb.close();
});

for (const [name, server] of [
  ["git's own server", () => smart],
  ['a server of plain files', () => dumb],
] as const)
  test(`the context is a branch, a tag, a commit or a directory of a repository at ${name}`, async () => {
    const url = `${server().url}/app.git`;
    for (const [at, content] of [
      ['', 'another'],
      ['#main', 'another'],
      ['#v1', 'of a'],
      [`#${first}`, 'of a'],
    ] as const) {
      const { code, err } = await build(`${url}${at}`, '-t', 'made');
      assert.is(code, 0, err);
      assert.match(err, '[internal] load git source http://127.0.0.1');
      assert.is(await shown('made', 'cat', '/a'), content, at);
    }
    assert.is(
      await shown('made', 'sh', '-c', 'ls -A /all; readlink /all/etc; stat -c %u:%g /all/a'),
      ['Dockerfile', 'a', 'etc', 'sub', 'up', '/etc', '0:0'].join('\n'),
    );
    const { code, err } = await build(`${url}#main:sub`, '-t', 'made');
    assert.is(code, 0, err);
    assert.is(await shown('made', 'sh', '-c', 'cat /b; stat -c %a /run'), 'of b\n755');
    assert.equal(await left(), []);
  });

test("over git's own server one commit is fetched, and a second build of it is all hits", async () => {
  const { err } = await build(`${smart.url}/app.git#v1`);
  assert.is(err.match(/CACHED/g)?.length, 2, err);
});

test('a named context and ADD may be a repository, on the classic wire too', async () => {
  const url = `${smart.url}/app.git`;
  const Dockerfile = `FROM base\nADD ${url}#v1 /added/\nCOPY --from=other a /named\n`;
  const dir = context({ Dockerfile });
  const { code, err } = await build(dir, '--build-context', `other=${url}#main`, '-t', 'made');
  assert.is(code, 0, err);
  assert.is(await shown('made', 'cat', '/added/a', '/named'), 'of a\nanother');
  const { status, body } = await d.api('POST', `/build?t=classic&remote=${encodeURIComponent(`${url}#main:sub`)}`);
  assert.is(status, 200);
  assert.match(body, 'Successfully tagged classic:latest');
  assert.is(await shown('classic', 'cat', '/b'), 'of b');
  assert.equal(await left(), []);
});

test('drydock build takes a repository, and repositories and images as named contexts', async () => {
  const url = `${smart.url}/app.git`;
  assert.match(await d.ok('build', '-t', 'made', '-f', 'Dockerfile', `${url}#main:sub`), 'Successfully tagged made');
  assert.is(await shown('made', 'cat', '/b'), 'of b');
  const dir = context({ Dockerfile: 'FROM elsewhere\nCOPY --from=files a /a\n' });
  const named = ['--build-context', `files=${url}#v1`, '--build-context', 'elsewhere=docker-image://base'];
  await d.ok('build', '-t', 'made', ...named, dir);
  assert.is(await shown('made', 'cat', '/a'), 'of a');
  const directory = await d.cli('build', '--build-context', `files=${dir}`, dir);
  assert.is(directory.code, 1);
  assert.match(directory.err, 'docker buildx sends directories');
  assert.match((await d.cli('build', `${url}#absent`)).err, 'failed to fetch the repository');
  assert.equal(await left(), []);
});

test('what is not there, and what git may not do, ends the build in words and leaves nothing', async () => {
  const url = `${smart.url}/app.git`;
  for (const [source, message] of [
    [`${url}#absent`, /failed to fetch the repository http:\/\/127[^]*absent/],
    [`${url}#--upload-pack=x`, /invalid ref/],
    [`${url}#main:nowhere`, /the directory "nowhere" of the repository: /],
    [`${url}#main:../..`, /the directory "\.\.\/\.\." of the repository: /],
    // a link leads where it would with the repository as /
    [`${url}#main:etc`, /the directory "etc" of the repository: /],
    [`${url}#main:a`, /the repository has no directory "a"/],
    [`${smart.url}/absent.git`, /failed to fetch the repository/],
  ] as const) {
    const { code, err } = await build(source);
    assert.is(code, 1, source);
    assert.match(err, message, source);
  }
  const ssh = await d.api('POST', '/build?remote=ssh://git@127.0.0.1/a.git');
  assert.match(ssh.body, 'git over ssh is not there yet in Drydock');
  const secret = await build(`http://me:hidden@${new URL(smart.url).host}/absent.git`);
  assert.is(secret.code, 1);
  const logs = await d.api('GET', '/drydock/operations');
  assert.not.match(logs.body, 'hidden');
  assert.equal(await left(), []);
});

const gits = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && /^git|^setpriv|^unshare/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
    } catch {
      return false;
    }
  });

test('when the client goes away, git ends with all that it has started', async () => {
  const held = createServer(() => undefined);
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
  const before = gits();
  try {
    const asked = once(held, 'connection');
    const address = `http://127.0.0.1:${(held.address() as AddressInfo).port}/a.git`;
    const client = spawn('docker', ['build', address], { env: { ...process.env, ...d.env }, stdio: 'ignore' });
    await asked;
    assert.ok(gits().length > before.length);
    client.kill('SIGKILL');
    await until('git has ended', () => gits().length === before.length);
    await until('nothing is left', async () => !(await left()).length);
  } finally {
    held.close();
    held.closeAllConnections();
  }
});

test('a repository with submodules is refused by name, so that nothing is missing in silence', async () => {
  const other = join(d.root, 'repositories/other.git');
  mkdirSync(other, { recursive: true });
  git(other, 'init', '-q', '--bare', '--initial-branch=main');
  const dir = context({ Dockerfile: 'FROM base\n' });
  git(dir, 'init', '-q', '--initial-branch=main');
  git(dir, 'submodule', '--quiet', 'add', bare, 'inner');
  publish(dir, other, 'with a submodule');
  const { code, err } = await build(`${smart.url}/other.git`);
  assert.is(code, 1);
  assert.match(err, 'has submodules: not there yet in Drydock');
  assert.equal(await left(), []);
});

test.run();
