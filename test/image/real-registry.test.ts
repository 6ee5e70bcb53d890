import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ImageStore } from '../../runtime/image/store/store.ts';
import { skopeo } from '../registry/skopeo.ts';
import { suite } from '../harness.ts';
import { debianRegistry, type DebianRegistry } from './debian-registry.ts';
import { writeLayout } from './layout.ts';
import { context, failure, runPull, sample } from './sample.ts';

const test = suite("pull from Debian's docker-registry", 'root', 'docker-registry', 'skopeo');
const work = mkdtempSync('/dev/shm/drydock-real-');
/** user `me`, password `secret` */
const HTPASSWD = 'me:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';
const image = sample(
  [
    [
      { name: 'etc/', type: '5' },
      { name: 'etc/a', content: 'one' },
      { name: 'etc/b', content: 'x' },
    ],
    [{ name: 'etc/.wh.a' }, { name: 'etc/c', content: 'three' }],
  ],
  { labels: { who: 'test' } },
);
let registry: DebianRegistry;
test.before(async () => {
  registry = await debianRegistry(join(work, 'registry'));
  writeLayout(join(work, 'layout'), image);
  for (const name of ['library/ubuntu:latest', 'library/ubuntu:v2s2']) {
    await skopeo(
      'copy',
      '--dest-tls-verify=false',
      ...(name.endsWith('v2s2') ? ['--format', 'v2s2'] : []),
      `oci:${join(work, 'layout')}:latest`,
      `docker://${registry.host}/${name}`,
    );
  }
});
test.after(async () => {
  await registry?.close();
  rmSync(work, { recursive: true, force: true });
});

test('pulls ubuntu through the mirror setting, as an image with layers for overlayfs', async () => {
  const c = context({
    reference: 'ubuntu',
    root: join(work, 'a'),
    settings: { registryMirrors: [`http://${registry.host}`] },
  });
  await runPull(c);
  const { image: got } = c;
  assert.equal([got?.id, got?.tags, got?.layers.length, got?.practice], [image.config, ['ubuntu:latest'], 2, false]);
  assert.is(readFileSync(join(got!.layers[0]!.dir, 'etc/a'), 'utf8'), 'one');
  assert.equal(readdirSync(join(got!.layers[1]!.dir, 'etc')).sort(), ['a', 'c']);
  assert.is(readFileSync(join(got!.layers[1]!.short!, 'etc/c'), 'utf8'), 'three');
  const again = new ImageStore({ root: join(work, 'a') });
  assert.equal(again.find('ubuntu'), got, 'the same after the daemon was started again');
});

test("pulls Docker's schema 2, by tag and by digest", async () => {
  const c = context({ reference: `${registry.host}/library/ubuntu:v2s2`, root: join(work, 'b') });
  await runPull(c);
  assert.is(c.pull.state.manifest?.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
  const byDigest = context({
    reference: `${registry.host}/library/ubuntu@${c.pull.state.digest}`,
    images: c.images,
    policy: 'always',
  });
  await runPull(byDigest);
  assert.equal(byDigest.image?.tags, [`${registry.host}/library/ubuntu:v2s2`]);
  assert.is(c.images.find(`${registry.host}/library/ubuntu@${c.pull.state.digest}`)?.id, c.image?.id);
});

const missing: [reference: string, message: RegExp][] = [
  [
    'library/ubuntu:nope',
    /^manifest for 127\.0\.0\.1:\d+\/library\/ubuntu:nope not found: manifest unknown: manifest unknown$/,
  ],
  ['library/nope', /^manifest for .*library\/nope:latest not found: manifest unknown: manifest unknown$/],
  [`library/ubuntu@sha256:${'a'.repeat(64)}`, /^manifest for .* not found: manifest unknown/],
];
for (const [reference, message] of missing) {
  test(`says that ${reference.slice(0, 30)} is not there`, async () => {
    const error = await failure(
      runPull(context({ reference: `${registry.host}/${reference}`, root: join(work, 'c') })),
    );
    assert.match(error.message, message);
    assert.is(error.status, 404);
  });
}

test('says that no platform fits', async () => {
  const error = await failure(
    runPull(context({ reference: `${registry.host}/library/ubuntu`, platform: 'linux/s390x', root: join(work, 'd') })),
  );
  assert.match(
    error.message,
    /was found but its platform \(linux\/\w+\) does not match the specified platform \(linux\/s390x\)/,
  );
});

test("logs in with Basic, from the request and from the daemon's own docker config", async () => {
  const closed = await debianRegistry(join(work, 'closed'), HTPASSWD);
  const before = process.env['DOCKER_CONFIG'];
  try {
    await skopeo(
      'copy',
      '--dest-tls-verify=false',
      '--dest-creds',
      'me:secret',
      `oci:${join(work, 'layout')}:latest`,
      `docker://${closed.host}/a:latest`,
    );
    const reference = `${closed.host}/a`;
    await runPull(context({ reference, root: join(work, 'e'), auth: { username: 'me', password: 'secret' } }));
    const wrong = await failure(
      runPull(context({ reference, root: join(work, 'f'), auth: { username: 'me', password: 'wrong' } })),
    );
    assert.equal([wrong.message, wrong.status], ['unauthorized: authentication required', 401]);
    process.env['DOCKER_CONFIG'] = join(work, 'docker');
    assert.is((await failure(runPull(context({ reference, root: join(work, 'g') })))).status, 401);
    mkdirSync(join(work, 'docker'));
    writeFileSync(
      join(work, 'docker/config.json'),
      JSON.stringify({ auths: { [closed.host]: { auth: Buffer.from('me:secret').toString('base64') } } }),
    );
    await runPull(context({ reference, root: join(work, 'g') }));
  } finally {
    if (before === undefined) delete process.env['DOCKER_CONFIG'];
    else process.env['DOCKER_CONFIG'] = before;
    await closed.close();
  }
});

test.run();
