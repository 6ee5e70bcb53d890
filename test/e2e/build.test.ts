/** docker build over POST /build, with the real client. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { busyboxImage } from './busybox-image.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';

await ownRoom();
const test = suite('docker build', 'root', 'docker', 'busybox');
const d = new Daemon();
let base = '';
let count = 0;

test.before(async () => {
  d.env['DOCKER_BUILDKIT'] = '0';
  await d.start();
  await d.ok('tag', await busyboxImage(d, 'base'), 'base');
  base = 'base';
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
const build = (dir: string, ...args: string[]) => d.docker('build', ...args, dir);
async function built(files: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { code, out, err } = await build(context(files), ...args);
  assert.is(code, 0, out + err);
  return out;
}
const sh = async (image: string, script: string): Promise<string> =>
  (await d.ok('run', '--rm', '--network', 'none', image, 'sh', '-c', script)).trim();
const left = async (): Promise<string[]> => [
  ...(await d.ok('ps', '-aq')).split('\n').filter(Boolean),
  ...readdirSync(join(d.root, 'build')).filter((name) => name !== 'cache.json'),
];

test('RUN, COPY and ENV make an image, and the lines are those of the classic builder', async () => {
  const out = await built(
    {
      Dockerfile: `FROM ${base}\nENV WHO=world\nWORKDIR /srv/app\nCOPY . .\nRUN cat a > b && echo done\nCMD cat b\n`,
      a: 'hello\n',
      'sub/c': 'deep',
      '.dockerignore': 'secret\n',
      secret: 'x',
    },
    '-t',
    'first',
    '-t',
    'second:v1',
  );
  assert.match(out, /^Step 1\/6 : FROM base\n ---> [a-f0-9]{12}\nStep 2\/6 : ENV WHO=world\n/m);
  assert.match(out, / ---> Running in [a-f0-9]{12}\ndone\n ---> Removed intermediate container [a-f0-9]{12}\n ---> /);
  assert.match(
    out,
    /Successfully built [a-f0-9]{12}\nSuccessfully tagged first:latest\nSuccessfully tagged second:v1\n$/,
  );
  assert.is((await d.ok('run', '--rm', 'first')).trim(), 'hello');
  assert.is(
    await sh('second:v1', 'echo $WHO; pwd; ls; cat sub/c; stat -c %u:%g a'),
    'world\n/srv/app\nDockerfile\na\nb\nsub\ndeep0:0',
  );
  assert.match(await d.ok('history', '--no-trunc', 'first'), /#\(nop\) {2}CMD \["\/bin\/sh" "-c" "cat b"\]/);
  const [{ id }] = JSON.parse((await d.api('GET', '/drydock/operations')).body) as [{ id: string }];
  const { out: trace } = await d.cli('trace', id);
  for (const step of ['build.receive-context', 'build.parse', 'build.from@1/6', 'build.tag']) assert.match(trace, step);
  for (const step of [
    'build.look-up@4/6',
    'build.copy@4/6',
    'build.run@5/6',
    'build.commit@5/6',
    'build.make-directory@3/6',
  ])
    assert.match(trace, step);
  assert.equal(await left(), []);
  assert.not.match(await d.ok('images'), '<none>', 'the images of the instructions are not listed');
});

test('a second build takes everything from the cache, and a changed file only what is above it', async () => {
  const files = { Dockerfile: `FROM ${base}\nRUN echo a > /a\nCOPY f /f\nRUN cat /f > /g\n`, f: 'one' };
  const dir = context(files);
  await build(dir, '-t', 'cached');
  utimesSync(join(dir, 'f'), 1, 1);
  const same = (await build(dir, '-t', 'cached')).out;
  assert.is(same.match(/---> Using cache/g)?.length, 3, same);
  writeFileSync(join(dir, 'f'), 'two');
  const changed = (await build(dir, '-t', 'cached')).out;
  assert.is(changed.match(/---> Using cache/g)?.length, 1, changed);
  assert.is(await sh('cached', 'cat /g'), 'two');
  assert.not.match((await build(dir, '--no-cache')).out, 'Using cache');
  await d.stop();
  await d.start();
  assert.is((await build(dir)).out.match(/---> Using cache/g)?.length, 3, 'also after a restart');
});

test('stages: a program is built in one and runs from scratch in another', async () => {
  const dockerfile = `ARG WHAT=busybox
FROM ${base} AS make
RUN mkdir /out && cp /bin/\${WHAT:-busybox} /out/busybox 2>/dev/null
FROM scratch
COPY --from=make /out/busybox /bin/
ENTRYPOINT ["/bin/busybox", "echo"]
CMD ["it", "runs"]
FROM ${base} AS later
RUN false`;
  const out = await built({ Dockerfile: dockerfile }, '-t', 'small', '--target', '1');
  assert.match(out, 'Step 5/');
  assert.is((await d.ok('run', '--rm', '--network', 'none', 'small')).trim(), 'it runs');
  assert.equal(await left(), []);
});

test('ARG, SHELL, heredocs, LABEL, USER and --chown do what they say', async () => {
  const dockerfile = `FROM ${base}
ARG A=1
ARG B
RUN echo "$A-$B" > /args
ENV A=env
RUN echo "$A" > /env
SHELL ["/bin/sh", "-xc"]
RUN <<END
echo one > /doc
echo two >> /doc
END
COPY --chown=12:34 <<F /made/
value $A
F
LABEL x="a b" y=\${A}
EXPOSE 80 53/udp 8000-8001
STOPSIGNAL SIGINT
HEALTHCHECK --interval=2.3s CMD true
USER 12`;
  const out = await built(
    { Dockerfile: dockerfile },
    '-t',
    'all',
    '--build-arg',
    'B=given',
    '--build-arg',
    'C=x',
    '--label',
    'z=1 $A',
    '--label',
    'q="',
  );
  assert.match(out, ' : LABEL z=1 $A\n');
  assert.match(out, '[Warning] One or more build-args [C] were not consumed');
  assert.is(
    await sh('all', 'cat /args /env /doc /made/F; stat -c %u:%g /made/F; id -u'),
    '1-given\nenv\none\ntwo\nvalue env\n12:34\n12',
  );
  const [{ Config }] = JSON.parse(await d.ok('inspect', 'all')) as [{ Config: Record<string, unknown> }];
  assert.equal(Config['Labels'], { x: 'a b', y: 'env', q: '"', z: '1 $A' });
  assert.equal(Config['ExposedPorts'], { '53/udp': {}, '80/tcp': {}, '8000/tcp': {}, '8001/tcp': {} });
  assert.equal(Config['Healthcheck'], { Test: ['CMD-SHELL', 'true'], Interval: 2.3e9 });
  assert.is(Config['StopSignal'], 'SIGINT');
});

test('ONBUILD runs in the build of a child', async () => {
  await built({ Dockerfile: `FROM ${base}\nONBUILD RUN echo child > /child\n` }, '-t', 'parent');
  assert.match(await built({ Dockerfile: 'FROM parent\n' }, '-t', 'child'), '# Executing 1 build trigger\n');
  assert.is(await sh('child', 'cat /child'), 'child');
});

test('a link of the image is followed in the image, and one of the context in the context', async () => {
  const dir = context({
    Dockerfile: `FROM ${base}\nRUN mkdir /real && ln -s /real /link\nCOPY f /link/\nCOPY passwd /p\n`,
    f: 'x',
  });
  symlinkSync('/etc/passwd', join(dir, 'passwd'));
  const { code, err } = await build(dir);
  assert.is(code, 1);
  assert.match(err, 'COPY failed: file not found in build context or excluded by .dockerignore: stat passwd');
  writeFileSync(join(dir, 'Dockerfile'), `FROM ${base}\nRUN mkdir /real && ln -s /real /link\nCOPY f /link/\n`);
  assert.is((await build(dir, '-t', 'links')).code, 0);
  assert.is(await sh('links', 'cat /real/f; readlink /link'), 'x/real');
});

test('a WORKDIR makes its own directory alone, also below a link and in an image from scratch', async () => {
  await built({ Dockerfile: `FROM ${base}\nWORKDIR /opt/x/bin\nWORKDIR /srv/data\nWORKDIR /data\n` }, '-t', 'dirs');
  assert.is(await sh('dirs', 'ls /srv /opt /opt/x; ls -d /data; ls /bin/sh; pwd'), DIRECTORIES);
  await built({ Dockerfile: 'FROM scratch\nWORKDIR /a/b\nCOPY f .\n', f: 'x' }, '-t', 'nothing');
  const id = (await d.ok('create', 'nothing', '/f')).trim();
  await d.ok('cp', `${id}:/a`, join(d.root, 'copied'));
  assert.is(readFileSync(join(d.root, 'copied/b/f'), 'utf8'), 'x');
  await d.ok('rm', id);
});
const DIRECTORIES = '/opt:\nx\n\n/opt/x:\nbin\n\n/srv:\ndata\n/data\n/bin/sh\n/data';

test('directories that COPY makes have its owner, and an empty one is made too', async () => {
  const dir = context({ Dockerfile: `FROM ${base}\nCOPY --chown=7:8 f /x/y/\nCOPY e /z/e\n`, f: 'x' });
  mkdirSync(join(dir, 'e'));
  const { code, err } = await build(dir, '-t', 'owners');
  assert.is(code, 0, err);
  assert.is(await sh('owners', "stat -c '%u:%g %a' /x /x/y /z /z/e"), '7:8 755\n7:8 755\n0:0 755\n0:0 755');
});

test('what COPY writes below a VOLUME is in the image', async () => {
  await built({ Dockerfile: `FROM ${base}\nVOLUME /v\nWORKDIR /v/w\nCOPY f /v/\n`, f: 'kept' }, '-t', 'volumes');
  assert.is(await sh('volumes', 'cat /v/f; ls /v'), 'keptf\nw');
});

test('the cache tells words from blanks', async () => {
  for (const [one, other] of [
    ['ENV A="b C=d"', 'ENV A=b C=d'],
    ['RUN ["touch", "/a b"]', 'RUN ["touch", "/a", "b"]'],
  ]) {
    await built({ Dockerfile: `FROM ${base}\n${one}\n` });
    assert.not.match(await built({ Dockerfile: `FROM ${base}\n${other}\n` }), 'Using cache');
  }
  assert.not.match(readFileSync(join(d.root, 'build/cache.json'), 'utf8'), 'touch');
});

test('layers are kept as blobs, and MAINTAINER is the author', async () => {
  await built({ Dockerfile: `FROM ${base}\nMAINTAINER me\nRUN echo a > /a\nCOPY f /\n`, f: 'x' }, '-t', 'blobs');
  const [{ RootFS, Author }] = JSON.parse(await d.ok('inspect', 'blobs')) as [
    { RootFS: { Layers: string[] }; Author: string },
  ];
  for (const diffID of RootFS.Layers.slice(-2))
    assert.ok(existsSync(join(d.root, 'blobs/sha256', diffID.slice('sha256:'.length))), diffID);
  assert.is(Author, 'me');
});

test('images that a build stands on survive a prune and the removal of a name', async () => {
  const one = `FROM ${base} AS one\nRUN echo b > /b\n`;
  await built({ Dockerfile: `${one}RUN echo c > /c\n` }, '-t', 'tip');
  const dockerfile = `${one}FROM ${base}\nRUN while [ ! -e /stop ]; do sleep 0.1; done\nCOPY --from=one /b /\n`;
  const running = build(context({ Dockerfile: dockerfile }), '-t', 'above');
  await until('RUN has begun', async () => (await d.ok('ps', '-q')) !== '');
  await d.ok('rmi', 'tip');
  assert.is((await d.docker('image', 'prune', '-f')).code, 0);
  await d.ok('exec', (await d.ok('ps', '-q')).trim(), 'touch', '/stop');
  const { code, out, err } = await running;
  assert.is(code, 0, out + err);
});

test('COPY --from follows a link, and the file keeps the name of the link', async () => {
  const dockerfile = `FROM ${base} AS one\nRUN echo t > /target && ln -s /target /link\nFROM ${base}\nCOPY --from=one /link /to/\n`;
  await built({ Dockerfile: dockerfile }, '-t', 'followed');
  assert.is(await sh('followed', 'cat /to/link; ls /to'), 't\nlink');
});

test('quotes in a heredoc of COPY are text', async () => {
  const dockerfile = `FROM ${base}\nENV x=1\nCOPY <<F /f\n"$x" '$x' \\$x \\n it's\nF\n`;
  await built({ Dockerfile: dockerfile }, '-t', 'quoted');
  assert.is(await sh('quoted', 'cat /f'), `"1" '1' $x \\n it's`);
});

test('a Dockerfile from stdin is no part of the context, so that COPY . hits the cache', async () => {
  const dir = context({ f: 'x' });
  const text = `FROM --platform=linux ${base}\nCOPY . /c/\n`;
  const again = () => d.client('docker', ['build', '-t', 'in', '-f', '-', dir], { input: text });
  assert.is((await again()).code, 0);
  assert.match((await again()).out, 'Using cache');
  assert.is(await sh('in', 'ls -A /c'), 'f');
});

test('the file may be named dockerfile', async () => {
  assert.match(await built({ dockerfile: `FROM ${base}\n` }), 'Successfully built');
});

for (const [what, dockerfile, message, code] of [
  ['a failing RUN', 'FROM base\nRUN exit 7', "The command '/bin/sh -c exit 7' returned a non-zero code: 7", 7],
  ['an unknown instruction', 'FROM base\nFOO x', 'dockerfile parse error on line 2: unknown instruction: FOO', 1],
  ['an empty Dockerfile', '', 'the Dockerfile (Dockerfile) cannot be empty', 1],
  ['a flag of BuildKit', 'FROM base\nRUN --security=insecure true', 'the --security option requires BuildKit.', 1],
  ['a URL', 'FROM base\nADD http://127.0.0.1:1/x /x', 'ADD failed: failed to GET http://127.0.0.1:1/x: ', 1],
  ['a source outside', 'FROM base\nCOPY ../x /', 'COPY failed: forbidden path outside the build context: ../x', 1],
  ['two sources for one file', 'FROM base\nCOPY D* /y', 'must be a directory and end with a /', 1],
  ['a source that is not there', 'FROM base\nCOPY nope /', 'stat nope: file does not exist', 1],
] as const)
  test(`${what} ends the build, and nothing is left`, async () => {
    const ran = await build(context({ Dockerfile: dockerfile, D2: 'x' }));
    assert.is(ran.code, code, ran.out + ran.err);
    assert.match(ran.err, message);
    assert.equal(await left(), []);
  });

test('a client that goes away during RUN ends what runs', async () => {
  const running = d.begin('docker', 'build', context({ Dockerfile: `FROM ${base}\nRUN sleep 1000\n` }));
  await until('RUN has begun', async () => (await d.ok('ps', '-q')) !== '');
  running.kill('SIGKILL');
  await until('nothing is left', async () => (await left()).length === 0);
  assert.match(await d.ok('images', '-q', base), /\w/);
});

test('a daemon that is killed during RUN leaves nothing', async () => {
  const running = d.begin('docker', 'build', context({ Dockerfile: `FROM ${base}\nRUN sleep 1001\n` }));
  await until('RUN has begun', async () => (await d.ok('ps', '-q')) !== '');
  await d.kill9();
  running.kill('SIGKILL');
  await d.start();
  assert.equal(await left(), []);
});

test.run();
