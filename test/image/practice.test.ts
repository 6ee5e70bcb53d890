import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { closePractice } from '../../runtime/image/practice.ts';
import { buildPractice } from '../../runtime/image/practice/build.ts';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { ImageStore } from '../../runtime/image/store/store.ts';
import { request as httpRequest } from '../../runtime/kernel/http.ts';
import { recordingKernel, type RecordingKernel } from '../../runtime/kernel/recording.ts';
import { startRegistry } from '../../server/registry/registry.ts';
import { skopeo } from '../registry/skopeo.ts';
import { sh, suite } from '../harness.ts';
import { faultyRegistry } from './faulty-registry.ts';
import { context, failure, runPull, sample } from './sample.ts';

const test = suite('practice registry', 'root');
const work = mkdtempSync('/dev/shm/drydock-practice-');
const root = join(work, 'root');
const images = new ImageStore({ root, startRegistry });
test.after(async () => {
  await closePractice(root);
  rmSync(work, { recursive: true, force: true });
});

/** The real network, except for docker.io, which fails with this code or is replaced by this URL. */
function offline(dockerIo: string | { code: string } = { code: 'ENOTFOUND' }): RecordingKernel {
  return recordingKernel({
    jobs: { practice: (input) => buildPractice(input as never), unpack: (input) => unpackLayer(input as never) },
    fetch: (url, request) => {
      const there = url.startsWith('https://registry-1.docker.io');
      if (there && typeof dockerIo !== 'string')
        return Promise.reject(Object.assign(new Error(`no way to ${url}`), dockerIo));
      return httpRequest(there ? url.replace('https://registry-1.docker.io', dockerIo as string) : url, request);
    },
  });
}
const asked = (k: RecordingKernel, what: string) => k.calls.filter((call) => call.includes(what)).length;

test('answers for ubuntu when docker.io cannot be reached, and says so', async () => {
  const c = context({ reference: 'ubuntu', images, settings: { practice: true } });
  const k = offline();
  await runPull(c, k);
  assert.match(c.pull.notice!, /^docker\.io cannot be reached: ubuntu comes from the practice registry/);
  assert.equal(c.image?.tags, ['ubuntu:latest']);
  assert.is(c.image?.practice, true);
  assert.is(c.image?.config.config?.Labels?.['io.drydock.practice'], 'true');
  assert.is(c.image?.layers.length, 4);
  assert.ok(
    k.calls.some((call) => /fetch\("GET", "http:\/\/127\.0\.0\.1:\d+\/v2\/library\/ubuntu\/blobs\//.test(call)),
    'over the same protocol',
  );
});

test("puts an image together whose programs run, with the host's os-release and a whiteout to look at", async () => {
  const layers = images.find('ubuntu')!.layers;
  const target = join(work, 'mnt');
  for (const dir of ['mnt', 'u', 'w']) mkdirSync(join(work, dir));
  sh(
    'mount',
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${[...layers]
      .reverse()
      .map(({ short }) => short)
      .join(':')},upperdir=${work}/u,workdir=${work}/w`,
    target,
  );
  try {
    const inside = (command: string) =>
      execFileSync('chroot', [target, '/bin/bash', '-c', command], {
        encoding: 'utf8',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      });
    assert.is(inside('cat /etc/os-release'), readFileSync('/etc/os-release', 'utf8'));
    assert.is(inside('whoami; echo hi | sed s/h/H/ | tr i I; ls /practice').trim(), 'root\nHI\nREADME');
    assert.is(
      inside('for p in ls cat cp grep sed find tar gzip; do command -v $p > /dev/null || echo missing $p; done'),
      '',
    );
    assert.ok(existsSync(join(layers[0]!.dir, 'practice/deleted')));
    assert.ok(lstatSync(join(layers[3]!.dir, 'practice/deleted')).isCharacterDevice());
    assert.equal(
      [statSync(join(target, 'tmp')).mode & 0o7777, statSync(join(target, 'root')).mode & 0o7777],
      [0o1777, 0o700],
    );
    assert.not.match(inside('cat /etc/passwd'), /\/home\//);
  } finally {
    sh('umount', target);
  }
});

test('builds the same bytes again, and only when the host has changed', async () => {
  const one = images.find('ubuntu')!.digests;
  const again = join(work, 'again');
  await buildPractice({ root: again });
  const digest = readFileSync(join(again, 'registry/repositories/library/ubuntu/_tags/latest'), 'utf8');
  assert.equal(one, [`ubuntu@${digest}`]);
  const before = statSync(join(again, 'registry'), { bigint: true }).ino;
  await buildPractice({ root: again });
  assert.is(statSync(join(again, 'registry'), { bigint: true }).ino, before);
});

test(['skopeo'], 'the practice registry serves skopeo as it serves us', async () => {
  const registry = await startRegistry({ root: join(work, 'again/registry'), port: 0, readOnly: true });
  const described = JSON.parse(
    await skopeo('inspect', '--tls-verify=false', `docker://127.0.0.1:${registry.port}/library/ubuntu:latest`),
  ) as { Layers: string[]; Labels: Record<string, string> };
  assert.equal([described.Layers.length, described.Labels['io.drydock.practice']], [4, 'true']);
  await skopeo(
    'copy',
    '--src-tls-verify=false',
    `docker://127.0.0.1:${registry.port}/library/hello-world:latest`,
    `dir:${join(work, 'hello')}`,
  );
  await registry.close();
});

test('has a hello-world that is one static program', async () => {
  const c = context({ reference: 'hello-world', images, settings: { practice: true } });
  await runPull(c, offline({ code: 'ECONNREFUSED' }));
  assert.match(sh(join(c.image!.layers[0]!.dir, 'hello')), /Hello from Drydock!/);
});

test('asks docker.io again only some minutes later, and takes the practice image meanwhile', async () => {
  const k = offline();
  const c = context({ reference: 'ubuntu', images, settings: { practice: true } });
  assert.equal(await runPull(c, k), ['pull.resolve-reference', 'pull.look-in-store']);
  assert.equal([asked(k, 'docker.io'), c.image?.practice, typeof c.pull.notice], [0, true, 'string']);
  images.unreachableUntil = 0;
  const later = context({ reference: 'ubuntu', images, settings: { practice: true } });
  await runPull(later, k);
  assert.equal([asked(k, 'docker.io'), later.image?.id], [1, c.image?.id]);
});

test('never stands in for a registry that answers', async () => {
  const real = await faultyRegistry(sample([[{ name: 'real' }]]));
  try {
    images.unreachableUntil = 0;
    const c = context({ reference: 'ubuntu', images, settings: { practice: true } });
    await runPull(c, offline(real.url));
    assert.equal([c.image?.practice, c.pull.notice, c.image?.tags], [false, undefined, ['ubuntu:latest']]);
    real.fault = (_, res, path) =>
      path.includes('/manifests/') && void res.writeHead(429, { 'Retry-After': '999' }).end() !== null;
    const refused = await failure(
      runPull(
        context({ reference: 'ubuntu', images, policy: 'always', settings: { practice: true } }),
        offline(real.url),
      ),
    );
    assert.match(refused.message, /toomanyrequests/);
  } finally {
    await real.close();
  }
});

const not: [what: string, reference: string, practice: boolean, code: string][] = [
  ['with --no-practice', 'ubuntu', false, 'ENOTFOUND'],
  ['for another tag', 'ubuntu:22.04', true, 'ENOTFOUND'],
  ['for another name', 'debian', true, 'ENOTFOUND'],
  ["for another user's ubuntu", 'someone/ubuntu', true, 'ENOTFOUND'],
  ['for another registry', 'registry.invalid/library/ubuntu', true, 'ENOTFOUND'],
  ['when TLS fails', 'ubuntu', true, 'CERT_HAS_EXPIRED'],
];
for (const [what, reference, practice, code] of not) {
  test(`does not answer ${what}`, async () => {
    const c = context({ reference, root: join(work, `not-${what}`), startRegistry, settings: { practice } });
    const error = await failure(runPull(c, offline({ code })));
    assert.match(error.message, /^Get "https:\/\//);
    assert.is(c.pull.notice, undefined);
  });
}

test('does not use the practice image of the store with --no-practice', async () => {
  const c = context({ reference: 'hello-world', images, settings: { practice: false } });
  assert.match((await failure(runPull(c, offline()))).message, /^Get "https:/);
});

test('gives a registry that does not answer three seconds, and does not wait for it for ever', async () => {
  const silent = await faultyRegistry(sample([[]]), () => true);
  try {
    const begun = Date.now();
    const c = context({
      reference: 'hello-world',
      root: join(work, 'silent'),
      startRegistry,
      settings: { practice: true },
    });
    await runPull(c, offline(silent.url));
    assert.is(c.image?.practice, true);
    // Only a lower bound is asserted, because a busy machine adds time.
    assert.ok(Date.now() - begun >= 2900, `${Date.now() - begun} ms`);
  } finally {
    await silent.close();
    await closePractice(join(work, 'silent'));
  }
});

test.run();
