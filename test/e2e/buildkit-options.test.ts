/** Options of docker build with buildx: each is obeyed, or refused by its name. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, rmdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';
import type { Ran } from './ran.ts';

const { test, d, context: contextOf } = await buildSite('options of docker build with buildx');
const context = (Dockerfile: string): string => contextOf({ Dockerfile });
const build = (dockerfile: string, ...args: string[]): Promise<Ran> =>
  d.docker('build', '--progress', 'plain', ...args, context(dockerfile));
async function built(dockerfile: string, ...args: string[]): Promise<string> {
  const { code, err } = await build(dockerfile, ...args);
  assert.is(code, 0, err);
  return err;
}

test('an annotation is refused by name', async () => {
  const noted = await build('FROM base\n', '--load', '--annotation', 'a=b');
  assert.is(noted.code, 1);
  assert.match(noted.err, /--annotation of a build: not there yet in Drydock; [^;]*use --label/);
});

test('a cache that cannot be read is shown as such, and the build goes on without it', async () => {
  const dockerfile = 'FROM base\nRUN true without it\n';
  const reference = '127.0.0.1:1/app:cache';
  const out = await built(dockerfile, '--cache-from', reference, '--provenance=false');
  assert.match(out, /importing cache manifest from 127\.0\.0\.1:1\/app:cache\n#\d+ ERROR: not read: /);
  d.env['DOCKER_BUILDKIT'] = '0';
  const classic = await d.docker('build', '--cache-from', reference, context('FROM base\nRUN true classic\n'));
  delete d.env['DOCKER_BUILDKIT'];
  assert.is(classic.code, 0, classic.err);
  assert.match(classic.out, '[Warning] --cache-from 127.0.0.1:1/app:cache: not read: ');
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

test('COPY --chmod and --link, and ADD of archives, also into an image from scratch', async () => {
  const dir = context(`FROM base
COPY --link --chmod=4750 --chown=1:2 d /d/
ADD *.tar.* text.gz /a/
FROM scratch AS bare
ADD --chmod=700 one.tar.gz /
`);
  execFileSync('sh', ['-ec', MAKE], { cwd: dir });
  const { code, err } = await d.docker('build', '-t', 'bare', dir);
  assert.is(code, 0, err);
  assert.is((await d.docker('build', '-t', 'added', '--target', '0', dir)).code, 0);
  const look =
    "cd /a; cat one two three four; ls; stat -c '%u:%g %a' /a/one /d/f /d/sub; stat -c %F /d/link; readlink /d/link";
  assert.is(
    (await d.ok('run', '--rm', '--network', 'none', 'added', 'sh', '-c', look)).trim(),
    '1\n2\n3\n4\nfour\none\ntext.gz\nthree\ntwo\n7:8 640\n1:2 4750\n1:2 4750\nsymbolic link\nf',
  );
  const id = (await d.ok('create', '--network', 'none', 'bare', '/one')).trim();
  await d.ok('cp', `${id}:/one`, join(dir, 'out'));
  await d.ok('rm', id);
  assert.is(statSync(join(dir, 'out')).mode & 0o777, 0o700);
  assert.match((await d.docker('build', '-t', 'added', '--target', '0', '--progress', 'plain', dir)).err, 'CACHED');
  const wrong = await build('FROM base\nCOPY --chmod=888 Dockerfile /\n');
  assert.match(wrong.err, "invalid chmod parameter: '888'. it should be octal string and between 0 and 07777");
});
const MAKE = `mkdir -p d/sub; echo x > d/f; ln -s f d/link
archive() { echo $2 > $1; chmod 640 $1; tar --owner=7 --group=8 -c$3f $1.tar.$4 $1; rm $1; }
archive one 1 z gz; archive two 2 j bz2; archive three 3 J xz; archive four 4 '' plain
echo text | gzip > text.gz`;

test('an archive that climbs, and one that is cut, end the build and leave nothing', async () => {
  const dir = context('FROM base\nADD bad.tar /x/\n');
  writeFileSync(join(d.root, 'escaped'), 'x');
  execFileSync('tar', ['-cPf', join(dir, 'bad.tar'), '../escaped', '../escaped'], { cwd: dir });
  const climbing = await d.docker('build', dir);
  assert.is(climbing.code, 1);
  assert.match(climbing.err, /ADD failed: bad\.tar: .*outside of/);
  truncateSync(join(dir, 'bad.tar'), 700);
  assert.match((await d.docker('build', dir)).err, 'ADD failed: bad.tar: ');
  assert.equal(readdirSync(join(d.root, 'build')), ['cache.json']);
});

test('RUN --network=none has no network, and host is refused unless it was allowed', async () => {
  const show = (network: string) => `FROM base\nRUN --network=${network} ls /sys/class/net\n`;
  assert.match(await built(show('none')), /^#\d+ [\d.]+ lo\n(?!#\d+ [\d.]+ eth)/m);
  const refused = await build(show('host'));
  assert.match(
    refused.err,
    'RUN --network=host is allowed only to a build with --network host or --allow network.host',
  );
  await built(show('host'), '--network', 'host');
  await built(`${show('host')}RUN true\n`, '--allow', 'network.host', '--no-cache');
  const wrong = await build(show('some'));
  assert.match(wrong.err, 'invalid network mode: some');
});

test('RUN --security=insecure has all capabilities, and is refused unless it was allowed', async () => {
  const show = (security: string) => `FROM base\nRUN --security=${security} grep CapEff /proc/self/status\n`;
  const inSandbox = /CapEff:\s+([0-9a-f]+)/.exec(await built(show('sandbox')))?.[1];
  assert.is(inSandbox, '00000000a80425fb', "dockerd's default set");
  const refused = await build(show('insecure'));
  assert.is(refused.code, 1);
  assert.match(refused.err, 'security.insecure is not allowed');
  const allowed = /CapEff:\s+([0-9a-f]+)/.exec(await built(show('insecure'), '--allow', 'security.insecure'))?.[1];
  assert.ok(BigInt(`0x${allowed}`) > BigInt(`0x${inSandbox}`), allowed);
  assert.match((await build(show('some'))).err, 'security "some" is not valid');
});

test.run();
