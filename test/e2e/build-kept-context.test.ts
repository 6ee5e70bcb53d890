/** What is kept of a client's directory between two builds, and what of it is sent again. */
import { appendFileSync, chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { linkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';

const { test, d, context, left } = await buildSite('kept contexts');
const FILES = { Dockerfile: 'FROM base\nCOPY . /c\n', '.dockerignore': 'Dockerfile\n.dockerignore\n' };

/** Builds with BuildKit's client, and returns how many entries of the context were sent. */
async function sent(dir: string, ...flags: string[]): Promise<number> {
  const { code, err } = await d.client('docker', ['build', '--progress', 'plain', '-t', 'made', ...flags, dir]);
  assert.is(code, 0, err);
  const journal = (await d.ok('trace', await newestBuild())).match(/(\d+) of them sent/);
  return Number(journal?.[1]);
}
async function newestBuild(): Promise<string> {
  const { body } = await d.api('GET', '/drydock/operations');
  const all = JSON.parse(body) as { id: string; kind: string; begun: number }[];
  return all.filter(({ kind }) => kind === 'build').sort((one, other) => other.begun - one.begun)[0]!.id;
}
const COMMAND = 'cd /c; find . | sort; cat $(find . -type f | sort)';
const shown = () => d.ok('run', '--rm', '--network', 'none', 'made', 'sh', '-c', COMMAND);

test('only what has changed is sent again, and the image has what the directory has', async () => {
  const dir = context({ ...FILES, 'a/one': '1\n', 'a/two': '2\n', 'b/three': '3\n', 'b/four': '4\n' });
  linkSync(join(dir, 'b/three'), join(dir, 'b/linked'));
  assert.ok((await sent(dir)) >= 7, 'all at first');
  assert.is(await sent(dir), 0, 'nothing without a change');
  // another content, a new file, a removed one, and a directory that becomes a link
  appendFileSync(join(dir, 'a/one'), 'more\n');
  writeFileSync(join(dir, 'b/new'), 'new\n');
  rmSync(join(dir, 'b/four'));
  assert.ok((await sent(dir)) <= 5, 'two files, their directories');
  assert.is(await shown(), '.\n./a\n./a/one\n./a/two\n./b\n./b/linked\n./b/new\n./b/three\n1\nmore\n2\n3\nnew\n3');
  rmSync(join(dir, 'a'), { recursive: true });
  symlinkSync('b', join(dir, 'a'));
  await sent(dir);
  assert.is(await shown(), '.\n./a\n./b\n./b/linked\n./b/new\n./b/three\n3\nnew\n3');
  rmSync(join(dir, 'a'));
  mkdirSync(join(dir, 'a'));
  writeFileSync(join(dir, 'a/one'), 'again\n');
  await sent(dir);
  assert.is(await shown(), '.\n./a\n./a/one\n./b\n./b/linked\n./b/new\n./b/three\nagain\n3\nnew\n3');
  assert.equal(await left(), []);
});

test('a changed mode, another content of the same size and another name are seen', async () => {
  const dir = context({ ...FILES, one: 'aaaa\n', two: 'bbbb\n' });
  await sent(dir);
  chmodSync(join(dir, 'one'), 0o755);
  assert.is(await sent(dir), 1);
  const { mtime, atime } = lstatSync(join(dir, 'two'));
  writeFileSync(join(dir, 'two'), 'cccc\n');
  utimesSync(join(dir, 'two'), atime, new Date(mtime.getTime() + 1000));
  assert.is(await sent(dir), 1);
  renameSync(join(dir, 'one'), join(dir, 'three'));
  await sent(dir);
  assert.is(await shown(), '.\n./three\n./two\naaaa\ncccc');
  assert.equal(await left(), []);
});

test('two builds of one directory at once both have all files, and a failed one leaves them for the next', async () => {
  const dir = context({ ...FILES, Dockerfile: 'FROM base\nCOPY . /c\nRUN sleep 1; cat /c/x\n', x: 'x\n', y: 'y\n' });
  const both = await Promise.all(
    [1, 2].map((n) => d.client('docker', ['build', '--build-arg', `N=${n}`, '--no-cache', dir])),
  );
  assert.equal(
    both.map(({ code }) => code),
    [0, 0],
    both.map(({ err }) => err).join('\n'),
  );
  writeFileSync(join(dir, 'Dockerfile'), 'FROM base\nCOPY . /c\nRUN false\n');
  assert.is.not((await d.client('docker', ['build', dir])).code, 0);
  writeFileSync(join(dir, 'Dockerfile'), 'FROM base\nCOPY . /c\n');
  assert.is(await sent(dir), 0);
  assert.equal(await left(), []);
});

test('what is kept is shown, outlives a killed daemon, and can be removed', async () => {
  const dir = context({ ...FILES, x: 'x\n' });
  await sent(dir);
  await d.kill9();
  await d.start();
  assert.is(await sent(dir), 0);
  assert.match(await d.dockerOk('buildx', 'du', '--verbose'), /Type:\s+source\.local/);
  await d.dockerOk('builder', 'prune', '-f');
  assert.equal(readdirSync(join(d.root, 'build-contexts')), []);
  assert.ok((await sent(dir)) >= 1, 'all again');
});

test.run();
