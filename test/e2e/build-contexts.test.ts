/** --build-context and --no-cache-filter, with buildx, Docker Compose and drydock build. */
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';
import { composeClient } from './compose-client.ts';
import { run } from './ran.ts';

const { test, d, context, left } = await buildSite('named contexts of a build');
const composeProgram = await composeClient();
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);

const DOCKERFILE = `FROM scratch AS files
FROM base AS made
COPY --from=files a /a
COPY --from=files --parents sub/b /p/
RUN --mount=from=files,target=/m cat /m/sub/b > /b
RUN --mount=from=files,target=/m,rw echo x > /m/a
FROM elsewhere AS last
COPY --from=made /a /p/sub/b /b /
`;
const FILES = { a: 'of a\n', 'sub/b': 'of b\n', ignored: '', '.dockerignore': 'ignored\n' };

test('a directory and an image take the place of a stage and of a base', async () => {
  const files = context(FILES);
  const named = ['--build-context', `files=${files}`, '--build-context', 'elsewhere=docker-image://base'];
  const dir = context({ Dockerfile: DOCKERFILE });
  const { code, err } = await build(dir, ...named, '-t', 'named');
  assert.is(code, 0, err);
  assert.match(err, '[context files] load from client');
  assert.is(await d.ok('run', '--rm', '--network', 'none', 'named', 'cat', '/a', '/b'), 'of a\nof b');
  assert.match((await build(dir, ...named)).err, /RUN --mount=from=files,target=\/m cat[^\n]*\n#\d+ CACHED/);
  const other = context({ ...FILES, 'sub/b': 'other\n' });
  assert.is((await build(dir, '--build-context', `files=${other}`, ...named.slice(2), '-t', 'other')).code, 0);
  assert.is(await d.ok('run', '--rm', '--network', 'none', 'other', 'cat', '/b'), 'other');
  const without = await build(context({ Dockerfile: 'FROM base\nCOPY --from=files ignored /\n' }), ...named);
  assert.match(without.err, /ignored[^\n]*(not found|no such file|does not exist)/);
  const whole = await build(context({ Dockerfile: 'FROM files\nRUN true\n' }), ...named);
  assert.match(whole.err, 'FROM files, a directory of the client: not there yet in Drydock');
  const archive = await build(dir, '--build-context', 'files=https://example.test/a.tar');
  assert.match(archive.err, '--build-context files=https://example.test/a.tar: not there yet in Drydock');
  assert.equal(await left(), []);
});

test('additional_contexts, args, target and secrets of a Compose project', async () => {
  const dir = context({
    'compose.yml': `name: named
services:
  app:
    build:
      context: app
      target: made
      args: { V: given }
      additional_contexts: { files: ./files }
      secrets: [key]
      no_cache: false
secrets: { key: { file: ./key } }
`,
    'app/Dockerfile': `FROM base AS made
ARG V
COPY --from=files a /a
RUN --mount=type=secret,id=key cat /run/secrets/key | tr a-z A-Z > /k; echo $V > /v
FROM made
RUN exit 1
`,
    'files/a': 'of a\n',
    key: 'hidden\n',
  });
  const { code, err, out } = await run(composeProgram, ['build'], { cwd: dir, env: d.env });
  assert.is(code, 0, out + err);
  assert.is(
    await d.ok('run', '--rm', '--network', 'none', 'named-app', 'cat', '/a', '/k', '/v'),
    'of a\nHIDDEN\ngiven',
  );
});

test('--no-cache-filter does its stage anew and no other', async () => {
  const dir = context({
    Dockerfile:
      'FROM base AS kept\nRUN echo kept >/k\nFROM base AS anew\nRUN echo anew >/n\nFROM base\nCOPY --from=kept /k /\nCOPY --from=anew /n /\n',
  });
  assert.is((await build(dir)).code, 0);
  const { err } = await build(dir, '--no-cache-filter', 'anew');
  assert.match(err, /RUN echo kept >\/k\n#\d+ CACHED/);
  assert.not.match(err, /RUN echo anew >\/n\n#\d+ CACHED/);
  assert.match(await d.ok('build', '--no-cache-filter', 'kept', dir), /RUN echo kept >\/k\n ---> Running/);
  assert.match(await d.ok('build', '--no-cache-filter', 'kept', dir), /RUN echo anew >\/n\n ---> Using cache/);
});

test.run();
