/** What a build takes from the client's session and gives to it: credentials, files of the result. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';
import { faultyRegistry } from '../image/faulty-registry.ts';
import { archive } from '../image/tarball.ts';
import { brokenImage } from './broken-image.ts';

const { test, d, context, left } = await buildSite('the session of a build with buildx');
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);

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

test('ADD takes a file of a URL as it is, with its time, and checks its sum', async () => {
  const gz = gzipSync('text');
  const sum = `sha256:${createHash('sha256').update(gz).digest('hex')}`;
  const server = createServer((req, res) => {
    if (req.url === '/moved') return res.writeHead(302, { Location: '/dir/some%20file.gz' }).end();
    if (req.url === '/cut') return res.writeHead(200, { 'Content-Length': 10 }).end('x', () => res.destroy());
    if (req.url === '/none') return res.writeHead(404).end();
    return res.writeHead(200, { 'Last-Modified': 'Tue, 02 Jan 2024 03:04:05 GMT' }).end(gz);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const add = (text: string) => build(context({ Dockerfile: `FROM base\n${text}\n`, local: 'l' }), '-t', 'added');
  try {
    const { code, err } = await add(`ARG D=dir
ADD --checksum=${sum} ${url}/$D/some%20file.gz /a/
ADD --chmod=644 --chown=1:2 ${url}/moved local /b/`);
    assert.is(code, 0, err);
    const look = "cd /; stat -c '%n %u:%g %a %Y' a/* b/*; sha256sum < 'a/some file.gz'";
    const shown = await d.ok('run', '--rm', '--network', 'none', 'added', 'sh', '-c', look);
    const time = Date.UTC(2024, 0, 2, 3, 4, 5) / 1000;
    assert.match(shown, `a/some file.gz 0:0 600 ${time}\n`);
    assert.match(shown, `b/moved 1:2 644 ${time}\n`);
    assert.match(shown, sum.slice('sha256:'.length));
    assert.match(
      (await add(`ADD --checksum=sha256:${'0'.repeat(64)} ${url}/x /a`)).err,
      `digest mismatch ${sum}: sha256:0`,
    );
    assert.match(
      (await add(`ADD --checksum=${sum} local /a`)).err,
      "checksum can't be specified for non-HTTP(S) sources",
    );
    assert.match((await add(`ADD ${url}/none /a`)).err, `failed to GET ${url}/none with status 404`);
    assert.is((await add(`ADD ${url}/cut /a`)).code, 1);
    const repository = await add('ADD git://127.0.0.1:1/x.git /a');
    assert.is(repository.code, 1);
    assert.match(repository.err, /git:\/\/127\.0\.0\.1:1\/x\.git/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  assert.equal(await left(), []);
});

test('COPY --exclude leaves files out, and --parents keeps their directories', async () => {
  const files = { 'd/a.txt': '1', 'd/b.md': '2', 'd/e/c.md': '3', 'd/e/f/g.txt': '4', 'top.txt': '5', 'top.md': '6' };
  const dir = context({
    ...files,
    Dockerfile: `FROM base AS one
ARG KIND=md
COPY --exclude=**/*.$KIND --exclude=e/f d /x/
COPY --exclude=*.md top.* /y/
COPY --parents d/e/*.md ./d/./e/f top.txt /tmp/p/
FROM base
COPY --from=one --parents /tmp/./p/d /z
FROM scratch AS bare
COPY --parents d/e/f/g.txt /q/
FROM base AS deep
COPY --parents **/*.txt d/./**/e/**/**/c.md d/e/** /deep/
`,
  });
  const built = async (target: string) => {
    const { code, err } = await build(dir, '--target', target, '-t', 'kept');
    assert.is(code, 0, err);
  };
  const list = async (script: string) =>
    (await d.ok('run', '--rm', '--network', 'none', 'kept', 'sh', '-c', script)).trim();
  await built('one');
  assert.is(await list('cd /; echo x/* x/e/* y/*; stat -c %a /tmp'), 'x/a.txt x/e x/e/* y/top.txt\n1777');
  assert.is(await list('cd /tmp/p; echo * d/* d/e/* e/*  e/f/*'), 'd e top.txt d/e d/e/c.md e/f e/f/g.txt');
  await built('1');
  assert.is(await list('cd /z; echo * p/* p/d/e/*'), 'p p/d p/d/e/c.md');
  await built('deep');
  const deep = 'd d/a.txt d/e d/e/c.md d/e/f d/e/f/g.txt e e/c.md top.txt';
  assert.is(await list('cd /deep; echo $(find * | sort)'), deep);
  const out = join(d.root, 'bare');
  assert.is((await build(dir, '--target', 'bare', '--output', out)).code, 0);
  assert.is(readFileSync(join(out, 'q/d/e/f/g.txt'), 'utf8'), '4');
  writeFileSync(join(dir, 'd/b.md'), 'changed');
  const again = await build(dir, '--target', 'one');
  assert.is(again.err.match(/CACHED/g)?.length, 4, again.err);
});

test('heredocs, and the .dockerignore of the Dockerfile itself', async () => {
  const dir = context({
    'docker/App.Dockerfile': `# syntax=docker/dockerfile:1
FROM base
ARG WHO=you
COPY <<one <<"two" /h/
hello $WHO
one
raw $WHO
two
RUN <<end
echo "in $WHO" > /h/three
ls /c 2>/dev/null || echo none >> /h/three
end
COPY . /c/
`,
    'docker/App.Dockerfile.dockerignore': 'left\n**/*.log\n!keep.log\n',
    '.dockerignore': 'right\n',
    left: 'x',
    right: 'x',
    'a.log': 'x',
    'keep.log': 'x',
  });
  const { code, err } = await build(dir, '-f', join(dir, 'docker/App.Dockerfile'), '-t', 'here');
  assert.is(code, 0, err);
  const shown = await d.ok('run', '--rm', '--network', 'none', 'here', 'sh', '-c', 'cat /h/*; ls /c');
  assert.is(shown.trim(), 'hello you\nin you\nnone\nraw $WHO\ndocker\nkeep.log\nright');
});

test('a client that speaks HTTP/2 from the first byte on builds too', async () => {
  const create = await d.docker('buildx', 'create', '--name', 'far', '--driver', 'remote', `unix://${d.socket}`);
  assert.is(create.code, 0, create.err);
  const dir = context({ Dockerfile: FILES.replace('FROM scratch', 'ARG V\nFROM scratch') });
  const out = join(d.root, 'far');
  const { code, err } = await d.docker('buildx', 'build', '--builder', 'far', '--output', out, dir);
  assert.is(code, 0, err);
  assert.equal(readdirSync(out).sort(), ['a b,ü', 'empty', 'link', 'sub']);
  assert.is((await d.docker('buildx', 'rm', 'far')).code, 0);
  assert.equal(await left(), []);
});

test.run();
