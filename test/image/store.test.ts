import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { historyOf } from '../../runtime/image/manifest/history.ts';
import { ImageStore } from '../../runtime/image/store/store.ts';
import { suite } from '../harness.ts';
import { faultyRegistry, type Faulty } from './faulty-registry.ts';
import { context, failure, runPull, sample } from './sample.ts';
import { until } from '../until.ts';

const test = suite('image store', 'root');
const work = mkdtempSync('/dev/shm/drydock-store-');
const common = [{ name: 'common', content: 'c'.repeat(1000) }];
const first = sample([common, [{ name: 'a' }]]);
const second = sample([common, [{ name: 'b', content: 'bb' }]]);
const servers: Faulty[] = [];
let users: Record<string, { id: string; runs: boolean }> = {};
let count = 0;

test.before(async () => {
  servers.push(await faultyRegistry(first), await faultyRegistry(second));
});
test.after(async () => {
  for (const one of servers) await one.close();
  rmSync(work, { recursive: true, force: true });
});
test.before(() => void (users = {}));

async function stored(): Promise<ImageStore> {
  users = {};
  const images = new ImageStore({ root: join(work, String(++count)), inUse: (id) => users[id] });
  for (const { host } of servers) await runPull(context({ reference: `${host}/a`, images }));
  return images;
}
const name = (j: number) => `${servers[j]!.host}/a`;
const refused = async (promise: Promise<unknown>) => {
  const { message, status } = await failure(promise);
  return [status, message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')];
};

test('finds an image by name, tag, digest, id and prefix', async () => {
  const images = await stored();
  const id = first.config;
  for (const reference of [
    name(0),
    `${name(0)}:latest`,
    `${name(0)}@${first.index}`,
    `${name(0)}:any@${first.index}`,
    id,
    id.slice(7),
    id.slice(7, 19),
    id.slice(0, 12),
  ])
    assert.is(images.find(reference)?.id, id, reference);
  for (const reference of ['nothing', `${name(0)}:other`, 'sha256:', '', 'A B', first.manifest, 'f'.repeat(64)])
    assert.is(images.find(reference), undefined, reference);
  assert.is(images.list().length, 2);
  assert.is(images.list()[0]?.id, second.config, 'the newest first');
});

test('keeps a layer that two images have once, until the last of them goes', async () => {
  const images = await stored();
  const [a, b] = [images.find(name(0))!, images.find(name(1))!];
  assert.is(a.layers[0]!.dir, b.layers[0]!.dir);
  const removed = await images.remove(name(0));
  assert.equal(removed, [
    { Untagged: `${name(0)}:latest` },
    { Untagged: `${name(0)}@${first.index}` },
    { Deleted: first.config },
    { Deleted: a.layers[1]!.chainID },
  ]);
  assert.not.ok(existsSync(a.layers[1]!.dir));
  assert.ok(existsSync(b.layers[0]!.dir));
  await images.remove(name(1));
  for (const dir of ['layers', 'l', 'blobs/sha256']) assert.equal(readdirSync(join(images.root, dir)), []);
});

test('keeps the blobs of an image that comes again with others, as long as it has all of them', async () => {
  const images = await stored();
  const record = () => images.record(first.config)!;
  const before = record();
  const config = images.blobs.read(first.config);
  const others = before.blobs.map((blob, j) => ({ ...blob, digest: images.blobs.put(Buffer.from(`other ${j}`)) }));
  const again = { config, manifest: Buffer.from('{}'), blobs: others, names: [], practice: true };
  images.commit(again);
  assert.equal(record(), before);
  images.commit({ ...again, replaces: true });
  assert.equal(record().blobs, others);
  images.commit({ ...again, blobs: before.blobs, replaces: true, practice: false });
  rmSync(images.blobs.path(before.blobs[1]!.digest));
  images.commit(again);
  assert.equal([record().blobs, record().practice], [others, true]);
});

test('tags, moves a tag, and untags before it deletes', async () => {
  const images = await stored();
  images.tag(name(0), 'mine', 'v1');
  images.tag('mine:v1', 'mine');
  assert.equal(images.find('mine')?.tags, [`${name(0)}:latest`, 'mine:latest', 'mine:v1'].sort());
  images.tag(name(1), 'mine:v1');
  assert.is(images.find('mine:v1')?.id, second.config);
  assert.equal(await images.remove('mine:v1'), [{ Untagged: 'mine:v1' }]);
  assert.equal(await images.remove('mine'), [{ Untagged: 'mine:latest' }]);
  assert.ok(images.find(second.config) && images.find(first.config));
  assert.throws(() => images.tag('nothing', 'x'), /^No such image: nothing$/);
  assert.throws(() => images.tag(name(0), 'X'), /must be lowercase/);
  assert.throws(() => images.tag(name(0), 'x', 'a b'), /invalid tag format/);
  assert.throws(
    () => images.tag(name(0), 'sha256', 'x'),
    /refusing to create an ambiguous tag using digest algorithm as name/,
  );
  assert.throws(
    () => images.tag(name(0), `x@sha256:${'a'.repeat(64)}`),
    /refusing to create a tag with a digest reference/,
  );
});

test("refuses in docker's words to remove what is used or has several names", async () => {
  const images = await stored();
  const short = first.config.slice(7, 19);
  assert.equal(await refused(images.remove('nothing')), [404, 'No such image: nothing']);
  images.tag(name(0), 'other');
  assert.equal(await refused(images.remove(first.config)), [
    409,
    `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
  ]);
  await images.remove('other');
  users = { [first.config]: { id: 'happy_ship', runs: true } };
  const running: [number, string] = [
    409,
    `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container happy_ship`,
  ];
  for (const force of [false, true]) assert.equal(await refused(images.remove(short, { force })), running);
  users = { [first.config]: { id: 'happy_ship', runs: false } };
  assert.equal(await refused(images.remove(short)), [
    409,
    `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container happy_ship`,
  ]);
  assert.equal(await refused(images.remove(name(0))), [
    409,
    `conflict: unable to remove repository reference "HOST/a" (must force) - container happy_ship is using its referenced image ${short}`,
  ]);
});

test('what is removed by force is there for its stopped containers alone, and goes with the last of them', async () => {
  for (const reference of [name(0), first.config]) {
    const images = await stored();
    const { dir } = images.find(first.config)!.layers[1]!;
    users = { [first.config]: { id: 'happy_ship', runs: false } };
    const removed = await images.remove(reference, { force: true });
    assert.equal(removed.at(-1), { Deleted: first.config });
    assert.is(removed.filter((line) => 'Untagged' in line).length, 2);
    const inUse = (id: string) => users[id];
    for (const store of [images, new ImageStore({ root: images.root, inUse })]) {
      await store.forgetUnused();
      assert.equal(
        [store.find(first.config), store.find(first.config.slice(7, 19)), store.find(name(0))],
        [undefined, undefined, undefined],
      );
      assert.is(
        store.list().some(({ id }) => id === first.config),
        false,
      );
      assert.is(store.ofContainer(first.config)?.id, first.config);
      assert.ok(existsSync(dir), 'a container keeps its layers');
    }
    users = {};
    await images.forgetUnused();
    assert.equal([images.ofContainer(first.config), existsSync(dir)], [undefined, false]);
  }
});

test('tells the history like docker', async () => {
  const images = await stored();
  const [newest, oldest] = historyOf(images.find(name(1))!);
  assert.equal(
    [newest?.Id, newest?.Tags, newest?.CreatedBy, newest?.Size, newest?.Created],
    [second.config, [`${name(1)}:latest`], 'step 1', 2, 1704067200],
  );
  assert.equal([oldest?.Id, oldest?.Tags, oldest?.Size], ['<missing>', null, 1000]);
});

test('is the same after it was opened again, without what was left half done', async () => {
  const images = await stored();
  const { root } = images;
  const dead = [
    'blobs/sha256/' + 'a'.repeat(64) + '.partial',
    'blobs/sha256/' + 'b'.repeat(64),
    'layers/' + 'c'.repeat(64) + '.tmp-1/diff/x',
    'layers/' + 'd'.repeat(64) + '/diff/x',
    'l/dangling',
  ];
  for (const path of dead) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  const before = images.list();
  const again = new ImageStore({ root });
  assert.equal(again.list(), before);
  // A daemon's start does not wait for this.
  await again.collect();
  await until('what was unpacked by halves has gone', () =>
    readdirSync(join(root, 'layers')).every((name) => /^[0-9a-f]{64}$/.test(name)),
  );
  for (const path of dead) assert.not.ok(lstatSync(join(root, path), { throwIfNoEntry: false }), path);
});

test('forgets an image whose layer or config is gone or changed, and says so of a damaged list', async () => {
  const images = await stored();
  await images.layers.sync();
  rmSync(images.find(name(0))!.layers[1]!.dir.replace(/diff$/, 'layer.json'));
  writeFileSync(join(images.root, 'blobs', second.config.replace(':', '/')), '{}');
  const again = new ImageStore({ root: images.root });
  assert.equal(again.list(), []);
  await runPull(context({ reference: name(0), images: again }));
  assert.is(again.list().length, 1);
  writeFileSync(join(images.root, 'images.json'), '{"images":');
  assert.throws(() => new ImageStore({ root: images.root }), /images\.json is not JSON/);
});

test('keeps an image whose config cannot be read for a moment while another one gets a name', async () => {
  const images = await stored();
  const path = join(images.root, 'blobs', second.config.replace(':', '/'));
  renameSync(path, `${path}.away`);
  images.tag(name(0), 'other');
  assert.is(images.list().length, 2);
  renameSync(`${path}.away`, path);
  assert.equal(images.find('other')?.tags, [...(images.find(name(0))?.tags ?? [])]);
  assert.equal(images.find(name(1))?.tags, [`${name(1)}:latest`]);
  assert.is(new ImageStore({ root: images.root }).list().length, 2, 'as it was written down');
});

test('unpacks again what a crash of the machine may have damaged', async () => {
  const images = await stored();
  await images.layers.sync();
  const file = images.find(name(0))!.layers[1]!.dir.replace(/diff$/, 'layer.json');
  const noted = JSON.parse(readFileSync(file, 'utf8')) as object;
  assert.equal(Object.keys(noted), ['diffID', 'size', 'tarSize']);
  const boot = (id: string) => writeFileSync(file, JSON.stringify({ ...noted, boot: id }));
  boot(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  assert.ok(new ImageStore({ root: images.root }).find(name(0)), 'the same boot still has it in memory');
  boot('00000000-0000-0000-0000-000000000000');
  const again = new ImageStore({ root: images.root });
  assert.equal([again.find(name(0)), again.find(name(1))?.id], [undefined, second.config]);
});

test('closes its folders to other users', async () => {
  const images = await stored();
  for (const dir of ['layers', 'l', 'blobs/sha256']) assert.is(lstatSync(join(images.root, dir)).mode & 0o077, 0, dir);
  assert.is(lstatSync(join(images.root, 'images.json')).mode & 0o077, 0);
  assert.match(readFileSync(join(images.root, 'images.json'), 'utf8'), /"version": 1/);
});

test.run();
