/**
 * `docker push` and `docker login` with Debian's docker-registry and with our own. skopeo is the independent reader.
 */
import * as assert from 'uvu/assert';
import { mkdtempSync, readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type Registry } from '../../server/registry/registry.ts';
import { debianRegistry, type DebianRegistry } from '../image/debian-registry.ts';
import { skopeo } from '../registry/skopeo.ts';
import { until } from '../until.ts';
import { site } from './site.ts';

const s = await site('pushes', { images: ['tiny', 'ubuntu'] });
const d = () => s.daemon;
const dir = mkdtempSync(join(tmpdir(), 'drydock-push-'));
/** me, password secret */
const HTPASSWD = 'me:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';
let registry: DebianRegistry;
let own: Registry;
s.test.before(async () => {
  registry = await debianRegistry(join(dir, 'debian'));
  own = await startRegistry({ root: join(dir, 'own'), port: 0 });
});
s.test.after(async () => {
  await registry.close();
  await own.close();
});

interface Inspected {
  Id: string;
  RepoDigests: string[];
  RootFS: { Layers: string[] };
}
const inspect = (name: string) => d().json<Inspected>(`/images/${name}/json`);
const short = (digest: string) => digest.slice(7, 19);
const remove = (...names: string[]) => Promise.all(names.map((name) => d().api('DELETE', `/images/${name}?force=1`)));
const blobs = () => readdirSync(join(d().root, 'blobs/sha256')).sort();
const manifestAt = async (name: string) =>
  JSON.parse(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`)) as {
    mediaType: string;
    config: { digest: string };
    layers: { digest: string; mediaType: string }[];
  };
const digestAt = async (name: string) =>
  (await skopeo('inspect', '--format', '{{.Digest}}', '--tls-verify=false', `docker://${name}`)).trim();
async function pushed(name: string): Promise<string> {
  await d().dockerOk('tag', 'tiny', name);
  return d().dockerOk('push', name);
}
/** An image with a layer that was made here. */
async function committed(name: string, script = 'echo new > /new'): Promise<void> {
  const { out } = await d().docker('run', '-d', 'tiny', 'sh', '-c', script);
  await d().dockerOk('wait', out.trim());
  await d().dockerOk('commit', out.trim(), name);
  await d().dockerOk('rm', out.trim());
}

s.test('a pulled image is pushed as it came, and a second push sends nothing', async () => {
  const name = `${registry.host}/a/tiny:1`;
  const out = await pushed(name);
  const { Id, RootFS, RepoDigests } = await inspect(name);
  assert.match(out, `The push refers to repository [${registry.host}/a/tiny]`);
  for (const layer of RootFS.Layers) assert.match(out, `${short(layer)}: Pushed`);
  const digest = /1: digest: (sha256:\w+) size: \d+/.exec(out)![1]!;
  assert.is(await digestAt(name), digest);
  assert.ok(RepoDigests.includes(`${registry.host}/a/tiny@${digest}`));
  const { config, layers } = await manifestAt(name);
  assert.is(config.digest, Id);
  for (const layer of layers) assert.ok(blobs().includes(layer.digest.slice(7)), 'the layer as it was pulled');
  const again = await d().dockerOk('push', name);
  for (const layer of RootFS.Layers) assert.match(again, `${short(layer)}: Layer already exists`);
  assert.match(again, `1: digest: ${digest}`);
  assert.is(await d().dockerOk('push', '-q', name), name);
});

s.test('a layer that was made here is compressed, and the image is the same one after it is pulled back', async () => {
  const name = `${registry.host}/made/image:x`;
  await committed(name);
  const before = await inspect(name);
  const out = await d().dockerOk('push', name);
  assert.match(out, `${short(before.RootFS.Layers.at(-1)!)}: Pushed`);
  const { mediaType, layers } = await manifestAt(name);
  assert.is(mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
  assert.ok(layers.every((layer) => layer.mediaType.endsWith('.diff.tar.gzip')));
  assert.ok(
    !blobs().includes(before.RootFS.Layers.at(-1)!.slice(7)),
    'the compressed layer has replaced the plain one',
  );
  await d().dockerOk('save', '-o', join(dir, 'made.tar'), name);
  await remove(before.Id);
  await d().dockerOk('pull', '-q', name);
  assert.is((await inspect(name)).Id, before.Id);
  assert.is(await d().dockerOk('run', '--rm', name, 'sh', '-c', 'read a < /new; echo $a'), 'new');
  const again = await d().dockerOk('push', name);
  assert.match(again, `${short(before.RootFS.Layers.at(-1)!)}: Layer already exists`);
});

s.test('a layer of another repository of the registry is mounted', async () => {
  await pushed(`${registry.host}/b/first:1`);
  const out = await pushed(`${registry.host}/b/second:1`);
  for (const layer of (await inspect('tiny')).RootFS.Layers)
    assert.match(out, new RegExp(`${short(layer)}: Mounted from `));
  assert.is((await manifestAt(`${registry.host}/b/second:1`)).config.digest, (await inspect('tiny')).Id);
});

s.test('our own registry takes pushes, and skopeo and a pull read them', async () => {
  const name = `127.0.0.1:${own.port}/x/y/tiny:latest`;
  const out = await pushed(name);
  assert.match(out, /latest: digest: sha256:/);
  assert.is((await manifestAt(name)).config.digest, (await inspect('tiny')).Id);
  await committed(`127.0.0.1:${own.port}/x/made:1`, 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done > /n');
  await d().dockerOk('push', `127.0.0.1:${own.port}/x/made:1`);
  const { Id } = await inspect(`127.0.0.1:${own.port}/x/made:1`);
  await remove(Id);
  await d().dockerOk('pull', '-q', `127.0.0.1:${own.port}/x/made:1`);
  assert.is((await inspect(`127.0.0.1:${own.port}/x/made:1`)).Id, Id);
});

s.test('all tags of a repository are pushed with -a, and drydock pushes like docker', async () => {
  for (const tag of ['a', 'b']) await d().dockerOk('tag', 'tiny', `${registry.host}/all:${tag}`);
  const out = await d().dockerOk('push', '-a', `${registry.host}/all`);
  for (const tag of ['a', 'b']) assert.match(out, new RegExp(`^${tag}: digest: sha256:`, 'm'));
  assert.is(await digestAt(`${registry.host}/all:a`), await digestAt(`${registry.host}/all:b`));
  await d().dockerOk('tag', 'ubuntu', `${registry.host}/all:c`);
  assert.match(await d().ok('push', `${registry.host}/all:c`), /^c: digest: sha256:/m);
});

s.test("what cannot be pushed is refused in dockerd's words", async () => {
  assert.match(
    await d().dockerRefused('push', `${registry.host}/nope:1`),
    `An image does not exist locally with the tag: ${registry.host}/nope`,
  );
  await d().dockerOk('tag', 'tiny', `${registry.host}/some:1`);
  assert.match(
    await d().dockerRefused('push', `${registry.host}/some:2`),
    `tag does not exist: ${registry.host}/some:2`,
  );
  await d().dockerOk('tag', 'tiny', '127.0.0.1:9/dead:1');
  assert.match(await d().dockerRefused('push', '127.0.0.1:9/dead:1'), /ECONNREFUSED 127\.0\.0\.1:9/);
});

/** Passes connections on, and cuts the first one on which more than `after` bytes were sent. */
async function cutting(port: number, after: number): Promise<{ host: string; cut(): boolean; close(): void }> {
  let cut = false;
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    let sent = 0;
    from.on('error', () => to.destroy());
    to.on('error', () => from.destroy());
    from.on('data', (bytes) => {
      sent += bytes.length;
      if (cut || sent <= after) return void to.write(bytes);
      cut = true;
      from.resetAndDestroy();
      setTimeout(() => to.end(), 100);
    });
    to.pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: at } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${at}`, cut: () => cut, close: () => void server.close() };
}

for (const [what, port] of [
  ['docker-registry', () => registry.port],
  ['our own registry', () => own.port],
] as const)
  s.test(`an upload to ${what} that is cut in the middle is brought to its end`, async () => {
    const proxy = await cutting(port(), 300_000);
    const name = `${proxy.host}/cut/${what.replaceAll(' ', '-')}:1`;
    // random bytes do not shrink
    await committed(name, 'dd if=/dev/urandom of=/big bs=65536 count=20 2>/dev/null || cp /bin/busybox /big');
    const out = await d().dockerOk('push', name);
    assert.ok(proxy.cut(), 'the connection was cut');
    assert.match(out, /1: digest: sha256:/);
    assert.is((await manifestAt(name)).config.digest, (await inspect(name)).Id);
    proxy.close();
  });

s.test('login checks the password at the registry, and pushes and pulls use it', async () => {
  const locked = await debianRegistry(join(dir, 'locked'), HTPASSWD);
  try {
    const name = `${locked.host}/private:1`;
    await d().dockerOk('tag', 'tiny', name);
    assert.match(await d().dockerRefused('push', name), /no basic auth credentials|authentication required/);
    const wrong = await d().docker('login', '-u', 'me', '-p', 'nope', locked.host);
    assert.is(wrong.code, 1);
    assert.match(wrong.err, `login attempt to http://${locked.host}/v2/ failed with status: 401 Unauthorized`);
    assert.match(await d().dockerOk('login', '-u', 'me', '-p', 'secret', locked.host), /Login Succeeded/);
    assert.match(await d().dockerOk('push', name), /1: digest: sha256:/);
    const { Descriptor, Platforms } = await describedBy(name);
    assert.is(Descriptor.mediaType.includes('manifest'), true);
    assert.is(Platforms[0]!.os, 'linux');
    await d().dockerOk('logout', locked.host);
    assert.match(await d().dockerRefused('push', name), /no basic auth credentials|authentication required/);
  } finally {
    await locked.close();
  }
});

const describedBy = async (name: string) => {
  const auth = Buffer.from(JSON.stringify({ username: 'me', password: 'secret' })).toString('base64url');
  const { request } = await import('node:http');
  const text = await new Promise<string>((resolve, reject) => {
    request(
      { socketPath: d().socket, path: `/distribution/${name}/json`, headers: { 'X-Registry-Auth': auth } },
      (res) => {
        let body = '';
        res.on('data', (data) => (body += data)).on('end', () => resolve(body));
      },
    )
      .on('error', reject)
      .end();
  });
  return JSON.parse(text) as { Descriptor: { mediaType: string }; Platforms: { os: string }[] };
};

const STEPS = [
  'push.resolve-reference',
  'push.contact-registry',
  'push.compress-layers',
  'push.upload-layers',
  'push.upload-config',
  'push.put-manifest',
];
s.test('a push that is aborted before any of its steps moves no tag and leaves the store as it was', async () => {
  const name = `${registry.host}/held:1`;
  await committed(name);
  const before = blobs();
  for (const step of [...STEPS, 'push.remember']) {
    const { status, body } = await d().api('POST', '/drydock/operations', {
      kind: 'push',
      reference: name,
      break: [step],
    });
    assert.is(status, 201, `${step}: ${body}`);
    const { id } = JSON.parse(body) as { id: string };
    await until(`it is held before ${step}`, async () =>
      (await d().api('GET', `/drydock/operations/${id}/journal`)).body.includes('"paused"'),
    );
    if (step !== 'push.remember')
      assert.is((await fetch(`http://${registry.host}/v2/held/manifests/1`)).status, 404, step);
    assert.is((await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' })).status, 204);
    await until('it has failed', async () => {
      const { state } = await d().json<{ state: string }>(`/drydock/operations/${id}`);
      return state === 'failed';
    });
    assert.equal(blobs(), before, step);
  }
  await d().dockerOk('push', name);
});

s.test.run();
