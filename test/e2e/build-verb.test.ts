/** drydock build: its options, its steps, and what `drydock build why` tells of the cache. */
import { mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { busyboxImage } from './busybox-image.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';

await ownRoom();
const test = suite('drydock build', 'root', 'busybox');
const d = new Daemon();
let count = 0;

test.before(async () => {
  await d.start();
  await d.ok('tag', await busyboxImage(d, 'base'), 'base');
});
test.after(() => d.close());

type Files = Readonly<Record<string, string>>;
function write(dir: string, files: Files): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}
const context = (files: Files): string => write(join(d.root, `context-${count++}`), files);
const sh = async (image: string, script: string): Promise<string> =>
  (await d.ok('run', '--rm', '--network', 'none', image, 'sh', '-c', script)).trim();
const left = async (): Promise<string[]> => [
  ...(await d.ok('ps', '-aq')).split('\n').filter(Boolean),
  ...readdirSync(join(d.root, 'build')).filter((name) => name !== 'cache.json'),
];

test('an image is built with arguments, a label, a secret and without what .dockerignore names', async () => {
  const dir = context({
    Dockerfile: `FROM base AS one
ARG V
COPY . /c
RUN --mount=type=secret,id=key --mount=type=secret,id=other,env=OTHER \\
  echo $V $(cat /run/secrets/key) $OTHER | tr a-z A-Z > /v
FROM one
RUN false
`,
    'keep/a': '1',
    'keep/b.log': '2',
    'skip/deep/c': '3',
    'skip/deep/back': '4',
    '.dockerignore': '*.log\n**/*.log\nskip\n!skip/deep/back\n.dockerignore\nDockerfile\n',
    key: 'secret',
  });
  symlinkSync('keep/a', join(dir, 'link'));
  const flags = ['-t', 'made', '--build-arg', 'V=value', '--label', 'x=1', '--target', 'one'];
  const secrets = ['--secret', `id=key,src=${join(dir, 'key')}`, '--secret', 'id=other,env=OTHER'];
  const env = { ...d.env, OTHER: 'word' };
  const { code, out, err } = await d.client('drydock', ['build', ...flags, ...secrets, dir], { env });
  assert.is(code, 0, err);
  assert.match(out, /^Step 1\/5 : FROM base AS one\n[^]*Successfully tagged made:latest\n$/);
  assert.is(await sh('made', 'cat /v; cd /c; find . ! -type d | sort; readlink link'), MADE);
  const again = await d.client('drydock', ['build', '-q', ...flags, ...secrets, dir], { env });
  assert.match(again.out, /^sha256:[0-9a-f]{64}\n$/);
  assert.equal(await left(), []);
});
const MADE = `VALUE SECRET WORD
./keep/a
./key
./link
./skip/deep/back
keep/a`;

test('a RUN that fails gives its code, and the Dockerfile may come from stdin', async () => {
  const dir = context({ a: 'x' });
  const input = 'FROM base\nCOPY . /c/\nRUN ls -A /c >&2; exit 7\n';
  const { code, out, err } = await d.client('drydock', ['build', '-f', '-', dir], { input });
  assert.is(code, 7);
  assert.match(out, /Running in [0-9a-f]{12}\na\n/);
  assert.match(err, "drydock: The command '/bin/sh -c ls -A /c >&2; exit 7' returned a non-zero code: 7");
  assert.match((await d.cli('build', join(dir, 'absent'))).err, 'absent is no directory');
});

test('it stands at a breakpoint until it is moved on, and is undone when that is an abort', async () => {
  const dir = context({ Dockerfile: 'FROM base\nRUN true one\nRUN echo two > /two\n' });
  for (const command of ['continue', 'abort']) {
    const running = d.begin('drydock', 'build', '--no-cache', '--break', 'build.run@3/3', '-t', `held-${command}`, dir);
    await until('it stands', async () => /paused/.test(running.ran.out + running.ran.err));
    const [{ id }] = JSON.parse((await d.api('GET', '/drydock/operations')).body) as [{ id: string }];
    await d.ok('gate', id, command);
    const { code } = await running.done;
    assert.is(code, command === 'abort' ? 1 : 0);
  }
  assert.is(await sh('held-continue', 'cat /two'), 'two');
  assert.is((await d.cli('inspect', 'held-abort')).code, 1);
  assert.equal(await left(), []);
});

const DOCKERFILE = `FROM own AS make
ARG V=1
WORKDIR /w
COPY src src
RUN cat src/a > out && echo $V >> out
FROM own
COPY --from=make /w/out /out
RUN true
`;
test('why names the file, the argument and the stage that make the cache miss', async () => {
  await d.ok('tag', await busyboxImage(d, 'own', { entries: [{ name: 'own', content: 'x' }] }), 'own');
  const dir = context({ Dockerfile: DOCKERFILE, 'src/a': 'a', 'src/b': 'b' });
  const why = (...args: string[]) => d.ok('build', 'why', ...args, dir);
  assert.match(await why(), /miss {2}2\/8 {2}ARG V=1\n +no such instruction was done on this image yet\n/);
  await d.ok('build', dir);
  assert.is((await why()).match(/^hit /gm)?.length, 6);
  write(dir, { 'src/a': 'other', 'src/new': 'n' });
  unlinkSync(join(dir, 'src/b'));
  const changed = await why();
  assert.match(changed, /miss {2}4\/8 {2}COPY src src\n +file a has changed\n +file b is gone\n +file new is new\n/);
  assert.match(
    changed,
    /miss {2}5\/8 {2}RUN .*\n +what is below it is built anew\nmiss {2}7\/8 .*\n +the stage make is built anew/,
  );
  write(dir, { 'src/a': 'a', 'src/b': 'b' });
  unlinkSync(join(dir, 'src/new'));
  const argument = await why('--build-arg', 'V=2');
  assert.match(argument, /hit {3}4\/8 {2}COPY src src\nmiss {2}5\/8 {2}RUN .*\n +ARG V is '2' and was '1'\n/);
  write(dir, { Dockerfile: DOCKERFILE.replace('RUN true', 'RUN true now') });
  assert.match(
    await why(),
    /miss {2}8\/8 {2}RUN true now\n +the instruction is 'RUN \/bin\/sh -c true now' and was '.* true'$/,
  );
  write(dir, { Dockerfile: DOCKERFILE.replace('FROM own AS make', 'FROM own AS make\nENV X=1') });
  assert.match(await why(), /miss {2}2\/9 {2}ENV X=1\n +no such instruction was done on this image yet\nmiss {2}3\/9/);
  await d.ok('build', '-t', 'own2', context({ Dockerfile: 'FROM own\nRUN echo x > /own2\n' }));
  write(dir, { Dockerfile: DOCKERFILE.replace('FROM own AS make', 'FROM own2 AS make') });
  assert.match(await why(), /miss {2}2\/8 {2}ARG V=1\n +the image below is [0-9a-f]{12} and was [0-9a-f]{12}\n/);
  assert.equal(await left(), []);
});

test.run();
