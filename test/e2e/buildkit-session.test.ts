/** What a build takes from the client's session and gives to it: credentials, files of the result. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { archive } from '../image/tarball.ts';
import { brokenImage } from './broken-image.ts';
import { busyboxImage } from './busybox-image.ts';
import { buildxClient } from './compose-client.ts';
import { Daemon } from './daemon.ts';
import { ownRoom } from './room.ts';

await ownRoom();
const test = suite('the session of a build with buildx', 'root', 'docker', 'busybox');
const d = new Daemon();
let count = 0;

test.before(async () => {
  mkdirSync(join(d.root, 'docker/cli-plugins'), { recursive: true });
  symlinkSync(await buildxClient(), join(d.root, 'docker/cli-plugins/docker-buildx'));
  await d.start();
  await d.ok('tag', await busyboxImage(d, 'base'), 'base');
});
test.after(() => d.close());

function context(files: Readonly<Record<string, string>>): string {
  const dir = join(d.root, `context-${count++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);
const left = async (): Promise<string[]> => [
  ...(await d.ok('ps', '-aq')).split('\n').filter(Boolean),
  ...readdirSync(join(d.root, 'build')).filter((name) => name !== 'cache.json'),
];

test('a base of a private registry is pulled with the credentials that the client has for it', async () => {
  const given = `Basic ${Buffer.from('user:word').toString('base64')}`;
  const tar = archive({ name: 'private', content: 'x' });
  const registry = await faultyRegistry(brokenImage({ tar }), (req, res) => {
    if (req.headers.authorization === given) return false;
    res.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
    return true;
  });
  const config = join(d.root, 'docker/config.json');
  const dir = context({ Dockerfile: `FROM ${registry.host}/private/base\nCOPY a /a\n`, a: 'a' });
  try {
    writeFileSync(config, '{}');
    const refused = await build(dir);
    assert.is(refused.code, 1);
    writeFileSync(config, JSON.stringify({ auths: { [registry.host]: { auth: given.slice('Basic '.length) } } }));
    const { code, err } = await build(dir);
    assert.is(code, 0, err);
  } finally {
    writeFileSync(config, '{}');
    await registry.close();
  }
});

const FILES = `FROM base AS make
RUN mkdir -p /out/sub && seq 20000 > /out/sub/many && ln -s sub/many /out/link && : > /out/empty && \\
  chmod 750 /out/sub && touch '/out/a b,ü'
FROM scratch
COPY --from=make /out /
`;
test('the files of the result come into a directory of the client, or into an archive', async () => {
  const dir = context({ Dockerfile: FILES });
  const out = join(d.root, 'out');
  const { code, err } = await build(dir, '--output', out);
  assert.is(code, 0, err);
  assert.equal(readdirSync(out).sort(), ['a b,ü', 'empty', 'link', 'sub']);
  assert.is(readFileSync(join(out, 'link'), 'utf8').split('\n').length, 20_001);
  assert.is(readlinkSync(join(out, 'link')), 'sub/many');
  assert.is(lstatSync(join(out, 'sub')).mode & 0o777, 0o750);
  const tar = join(d.root, 'out.tar');
  const archived = await build(dir, '--output', `type=tar,dest=${tar}`);
  assert.is(archived.code, 0, archived.err);
  const names = execFileSync('tar', ['-tf', tar]).toString();
  for (const name of ['sub/many', 'link', 'empty']) assert.match(names, name);
  assert.equal(await left(), []);
});

test('a directory that the client cannot write ends the build, and nothing is left', async () => {
  writeFileSync(join(d.root, 'file'), 'x');
  const { code } = await build(context({ Dockerfile: FILES }), '--output', join(d.root, 'file/below'));
  assert.is(code, 1);
  assert.equal(await left(), []);
});

test.run();
