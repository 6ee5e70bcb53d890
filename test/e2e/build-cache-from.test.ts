/** --cache-to type=inline on one daemon, --cache-from on another that has pulled nothing but the base. */
import * as assert from 'uvu/assert';
import { buildSite } from './build-site.ts';
import { composeClient } from './compose-client.ts';
import { run } from './ran.ts';

const { test, d, context, left } = await buildSite('a cache in an image');
const composeProgram = await composeClient();
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);

/** `name` makes it another one than those of other tests. */
const files = (name: string) => ({
  Dockerfile: `FROM base
LABEL of=${name}
ENV A="b C=d"
RUN head -c 8 /dev/urandom | od -x >/random
COPY a /a
RUN head -c 8 /dev/urandom | od -x >/last
`,
  a: 'of a\n',
});
const random = (image: string) => d.ok('run', '--rm', '--network', 'none', image, 'cat', '/random', '/last');
/** Only the image itself is left of what was built, as on another machine that has loaded it. */
async function alone(dir: string, image: string): Promise<void> {
  await d.ok('save', '-o', `${dir}/image.tar`, image);
  await d.ok('rmi', '-f', image);
  await d.dockerOk('builder', 'prune', '-af');
  await d.ok('load', '-q', '-i', `${dir}/image.tar`);
}

test('what was built with an inline cache is found in the image when the own cache is lost', async () => {
  const dir = context(files('one'));
  const made = await build(dir, '--cache-to', 'type=inline', '-t', 'cached');
  assert.is(made.code, 0, made.err);
  const first = await random('cached');
  await alone(dir, 'cached');
  const { code, err } = await build(dir, '--cache-from', 'cached', '-t', 'again');
  assert.is(code, 0, err);
  assert.match(err, /importing cache manifest from cached\n(#\d+ )?(?!ERROR)/);
  assert.is(err.match(/CACHED/g)?.length, 5, err);
  assert.is(await random('again'), first);
  assert.equal(await left(), []);
});

test('what differs is done anew, also when its line in the history is the same', async () => {
  const FILES = files('two');
  const dir = context(FILES);
  assert.is((await build(dir, '--no-cache', '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '-t', 'cached')).code, 0);
  const first = (await random('cached')).split('\n');
  await alone(dir, 'cached');
  const other = context({ ...FILES, a: 'other\n' });
  const classic = await d.client('docker', ['build', '--cache-from', 'cached', '-t', 'again', other], {
    env: { DOCKER_BUILDKIT: '0' },
  });
  assert.is(classic.code, 0, classic.err);
  assert.is(classic.out.match(/From the cache of cached/g)?.length, 3, classic.out);
  const again = (await random('again')).split('\n');
  assert.equal([again[0] === first[0], again[2] === first[2]], [true, false]);
  const ambiguous = context({ ...FILES, Dockerfile: FILES.Dockerfile.replace('"b C=d"', 'b C=d') });
  assert.is((await build(ambiguous, '--cache-from', 'cached')).err.match(/CACHED/g)?.length, 1, 'the label alone');
});

test('more caches than a build may ask for are refused before one is asked', async () => {
  const caches = Array.from({ length: 101 }, (_, n) => `127.0.0.1:1/app:${n}`);
  const { status, body } = await d.api('POST', `/build?cachefrom=${encodeURIComponent(JSON.stringify(caches))}`);
  assert.is(status, 400);
  assert.match(body, '--cache-from names 101 caches: at most 100 are read');
  assert.equal(await left(), []);
});

test('a Compose project names its cache, and an image without one is told and not read', async () => {
  const dir = context({
    'compose.yml':
      'name: kept\nservices:\n  app:\n    build: { context: ., cache_from: [base], cache_to: [type=inline] }\n',
    Dockerfile: 'FROM base\nRUN echo of compose\n',
  });
  const { code, out, err } = await run(composeProgram, ['build', '--progress', 'plain'], { cwd: dir, env: d.env });
  assert.is(code, 0, out + err);
  assert.match(out + err, 'not read: the image has no cache that Drydock wrote');
});

test.run();
