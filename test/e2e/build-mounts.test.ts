/** RUN --mount with the real docker and its plugin buildx. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';
import { busyboxImage } from './busybox-image.ts';
import type { Made } from '../image/tarball.ts';
import { until } from '../until.ts';
import type { Ran } from './ran.ts';

const { test, d, context, left } = await buildSite('RUN --mount with buildx');
const build = (files: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> =>
  d.docker('build', '--progress', 'plain', ...args, context(files));
async function built(dockerfile: string, files: Readonly<Record<string, string>> = {}, ...args: string[]) {
  const { code, err } = await build({ Dockerfile: dockerfile, ...files }, ...args);
  assert.is(code, 0, err);
  return err;
}
const sh = async (image: string, script: string): Promise<string> =>
  (await d.ok('run', '--rm', '--network', 'none', image, 'sh', '-c', script)).trim();

test('a cache outlives the build and the daemon, and nothing of it is in the image', async () => {
  const add = (word: string) => `FROM base
WORKDIR /w
RUN --mount=type=cache,target=deep/cache,id=one,mode=0700,uid=7,gid=8 echo ${word} >> deep/cache/list && \\
  cat deep/cache/list && stat -c 'owner %u:%g %a' deep/cache
`;
  assert.match(await built(add('first')), /\d first\n#\d+ [\d.]+ owner 7:8 700\n/);
  const [{ id }] = JSON.parse((await d.api('GET', '/drydock/operations')).body) as [{ id: string }];
  assert.match((await d.cli('trace', id)).out, 'build.open-mounts@3/3');
  await d.stop();
  await d.start();
  assert.match(await built(add('second'), {}, '-t', 'cached'), /\d first\n#\d+ [\d.]+ second\n/);
  assert.is(await sh('cached', 'ls -A /w'), '');
  assert.equal(await left(), []);
});

test('files of the context, of a stage and of an image are there, read-only or for as long as RUN lasts', async () => {
  const out = await built(
    `FROM base AS made
RUN mkdir -p /out/sub && echo made > /out/sub/file && ln -s /out/sub /out/link && chown 5:6 /out/sub/file
FROM base
WORKDIR /w
RUN --mount=target=/ctx --mount=type=bind,source=a,target=/one cat /ctx/d/b /one && ! touch /ctx/new
RUN --mount=type=bind,target=/ctx,rw rm -r /ctx/d && echo x > /ctx/a && cat /ctx/a
RUN --mount=type=bind,target=/ctx cat /ctx/a /ctx/d/b
RUN --mount=from=made,source=/out/link/file,target=/f --mount=from=made,src=/out,dst=/o,rw \\
  stat -c 'kept %u:%g' /f && cat /o/sub/file && echo y > /o/sub/file
RUN --mount=from=base,target=/whole ls /whole/bin/busybox
`,
    { a: 'aaa\n', 'd/b': 'bbb\n' },
    '-t',
    'bound',
  );
  for (const line of ['bbb', 'aaa', 'x', 'kept 5:6', 'made', '/whole/bin/busybox'])
    assert.match(out, new RegExp(`^#\\d+ [\\d.]+ ${line}$`, 'm'));
  assert.match(out, 'Read-only file system');
  assert.is(await sh('bound', 'ls -A /w; ls -d /ctx /one /f /o /whole 2>/dev/null || true'), '');
  assert.equal(await left(), []);
});

test('a tmpfs has its size, and files of a bind are a part of the key while those beside are not', async () => {
  const dockerfile = `FROM base
RUN --mount=type=tmpfs,target=/t,size=1m df -k /t | tail -n 1 && echo x > /t/x
RUN --mount=type=bind,source=in,target=/in cat /in/f
`;
  assert.match(await built(dockerfile, { 'in/f': 'one\n', other: '1' }), /tmpfs\s+1024\s/);
  const same = await built(dockerfile, { 'in/f': 'one\n', other: '2' });
  assert.is(same.match(/CACHED/g)?.length, 2, same);
  const changed = await built(dockerfile, { 'in/f': 'two\n', other: '2' });
  assert.is(changed.match(/CACHED/g)?.length, 1, changed);
});

test('a secret is a file and a variable of RUN, and is nowhere else', async () => {
  const secret = 'hidden-e2b71c';
  const file = join(d.root, 'secret');
  writeFileSync(file, secret);
  const dockerfile = `FROM base
RUN --mount=type=secret,id=key,uid=9 --mount=type=secret,id=key,env=KEY \\
  stat -c '%u %a' /run/secrets/key && test "$KEY" = "$(cat /run/secrets/key)" && echo length \${#KEY} && \\
  ! echo x 2>/dev/null > /run/secrets/key
RUN --mount=type=secret,id=absent,target=/s test ! -e /s && echo without
`;
  const out = await built(dockerfile, {}, '--secret', `id=key,src=${file}`, '-t', 'secret');
  assert.match(out, /\d 9 400\n#\d+ [\d.]+ length 13\n/);
  assert.match(out, /\d without\n/);
  assert.is(await sh('secret', 'ls -A /run /s 2>/dev/null; true'), '');
  await d.ok('run', '--name', 'holder', '--network', 'none', 'secret', 'true');
  writeFileSync(file, 'another');
  const again = await built(dockerfile, {}, '--secret', `id=key,src=${file}`, '-t', 'secret');
  assert.is(again.match(/CACHED/g)?.length, 2, again);
  const found = () =>
    execFileSync('sh', ['-c', `grep -rl ${secret} "$@" || true`, 'sh', d.root, d.execRoot]).toString();
  assert.is(found(), '');
  await d.ok('rm', 'holder');
  const required = await build({
    Dockerfile: 'FROM base\nRUN --mount=type=secret,id=no,required cat /run/secrets/no\n',
  });
  assert.match(required.err, 'ERROR: failed to solve: secret no: not found');
  assert.equal(await left(), []);
});

test(['ssh-agent'], 'RUN talks with the SSH agent of the client', async () => {
  const libraries = [
    ...execFileSync('ldd', ['/usr/bin/ssh-add'])
      .toString()
      .matchAll(/(\/\S+) \(/g),
  ].map(([, path]) => path!);
  const entries = ['/usr/bin/ssh-add', ...libraries].map((path): Made => ({
    name: path.slice(1),
    content: readFileSync(path),
    mode: 0o755,
  }));
  await d.ok('tag', await busyboxImage(d, 'with-ssh', { entries }), 'with-ssh');
  const [key, socket] = [join(d.root, 'ssh-key'), join(d.root, 'agent')];
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  try {
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    await until('the agent answers', () => {
      try {
        return (execFileSync('ssh-add', [key], { env, stdio: 'ignore' }), true);
      } catch {
        return false;
      }
    });
    const dockerfile = `FROM with-ssh
RUN --mount=type=ssh,uid=5 echo $SSH_AUTH_SOCK && stat -c '%u %a' $SSH_AUTH_SOCK && ssh-add -l
RUN --mount=type=ssh,id=x test -z "$SSH_AUTH_SOCK"
`;
    const out = await built(dockerfile, {}, '--ssh', `default=${socket}`, '-t', 'ssh');
    assert.match(out, /\d \/run\/buildkit\/ssh_agent\.0\n#\d+ [\d.]+ 5 600\n/);
    assert.match(out, execFileSync('ssh-add', ['-l'], { env }).toString().split(' ')[1]!);
    assert.is(await sh('ssh', 'ls -A /run 2>/dev/null; true'), '');
    const required = await build({ Dockerfile: 'FROM base\nRUN --mount=type=ssh,required true\n' });
    assert.match(required.err, 'no SSH key "default" forwarded from the client');
  } finally {
    agent.kill();
  }
  assert.equal(await left(), []);
});

const SLOW = `FROM base
RUN --mount=type=secret,id=key,required --mount=type=cache,target=/c,sharing=locked echo begun && sleep 1000
`;
test('a client and a daemon that are killed leave no secret mounted and no cache locked', async () => {
  const file = join(d.root, 'secret');
  writeFileSync(file, 'x');
  const begin = () => {
    const dir = context({ Dockerfile: SLOW });
    return d.begin('docker', 'build', '--progress', 'plain', '--secret', `id=key,src=${file}`, dir);
  };
  for (const killed of ['client', 'daemon']) {
    const running = begin();
    await until('RUN has begun', async () => (await d.ok('ps', '-q')) !== '');
    if (killed === 'daemon') await d.kill9();
    running.kill('SIGKILL');
    if (killed === 'daemon') await d.start();
    await until('nothing is left', async () => !(await left()).length);
  }
  await built('FROM base\nRUN --mount=type=cache,target=/c,sharing=locked true\n');
  assert.equal(await left(), []);
});

test('du and prune show the caches and remove those that no build needs', async () => {
  await built('FROM base\nRUN --mount=type=cache,target=/p,id=pruned seq 100000 > /p/f\n', {}, '-t', 'keeps');
  await build({ Dockerfile: 'FROM base\nRUN seq 50000 > /part\nRUN false\n' });
  const shown = await d.docker('buildx', 'du', '--verbose');
  assert.match(shown.out, /Description:\s+cached mount pruned\n[^]*?Type:\s+exec\.cachemount/);
  const table = JSON.parse((await d.api('GET', '/system/df?type=build-cache')).body) as { BuildCache: Cache[] };
  const part = table.BuildCache.find(({ Description }) => Description.includes('/part'));
  assert.ok(part && part.Size > 200_000 && !part.InUse && !part.Shared);
  const removed = await d.docker('buildx', 'prune', '--force', '--filter', 'type=exec.cachemount');
  assert.match(removed.out, /Total:\s+\d/);
  const kept = (await d.docker('buildx', 'du', '--verbose')).out;
  assert.not.match(kept, 'exec.cachemount');
  assert.match(kept, '/part');
  assert.match((await d.docker('builder', 'prune', '--force')).out, /Total:?.*\d/i);
  assert.not.match((await d.docker('buildx', 'du', '--verbose')).out, '/part');
  const classic = JSON.parse((await d.api('POST', '/build/prune')).body) as object;
  assert.equal(classic, { CachesDeleted: null, SpaceReclaimed: 0 });
  assert.match(await d.ok('images', 'keeps'), 'keeps');
  assert.match(await built('FROM base\nRUN --mount=type=cache,target=/p,id=pruned ls /p\n'), /RUN --mount/);
});
interface Cache {
  Description: string;
  Size: number;
  InUse: boolean;
  Shared: boolean;
}

test('a wrong flag is told with its line', async () => {
  for (const [flag, message] of [
    ['type=disk,target=/x', 'unsupported mount type "disk"'],
    ['type=cache,target=/x,sharing=some', 'unsupported sharing value "some"'],
    ['type=bind,target=/x,mode=755', 'mode not allowed for "bind" type mounts'],
    ['target=/', 'invalid mount target "/"'],
    ['type=cache,target=/x,colour=red', "unexpected key 'colour' in 'colour=red'"],
    ['type=secret', 'invalid secret mount. one of source, target required'],
  ] as const) {
    const { code, err } = await build({ Dockerfile: `FROM base\nRUN --mount=${flag} true\n` });
    assert.is(code, 1);
    assert.match(err, `line 2: ${message}`);
  }
});

test.run();
