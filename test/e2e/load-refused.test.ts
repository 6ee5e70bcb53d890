/** Archives of images that `docker load` refuses: nothing of them may stay, and the daemon goes on. */
import * as assert from 'uvu/assert';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { archive, digestOf, entry, type Made } from '../image/tarball.ts';
import { imageStore } from './image-store.ts';
import { site } from './site.ts';

const s = await site('archives that are refused', { images: ['tiny'] });
const d = () => s.daemon;
const dir = mkdtempSync(join(tmpdir(), 'drydock-archives-'));
const at = (name: string) => join(dir, name);
const store = () => imageStore(d());
const made = (name: string, ...parts: (Buffer | Made)[]): string => {
  writeFileSync(at(name), archive(...parts));
  return at(name);
};

const layer = archive({ name: 'etc/file', content: 'hello\n' });
const config = (more: object = {}) =>
  Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      ...more,
    }),
  );
const list = (more: object = {}) => ({
  name: 'manifest.json',
  content: JSON.stringify([{ Config: 'c.json', RepoTags: ['evil:1'], Layers: ['l/layer.tar'], ...more }]),
});
const whole: Made[] = [
  { name: 'c.json', content: config() },
  { name: 'l/layer.tar', content: layer },
];
const hex = (bytes: Buffer) => digestOf(bytes).slice(7);

const refused: [what: string, parts: (Buffer | Made)[], words: RegExp][] = [
  ['no archive', [], /neither manifest\.json nor index\.json/],
  ['a missing layer', [whole[0]!, list()], /the archive has no file l\/layer\.tar/],
  ['a missing config', [whole[1]!, list()], /the archive has no file c\.json/],
  [
    'a layer of other bytes',
    [whole[0]!, { name: 'l/layer.tar', content: archive({ name: 'x' }) }, list()],
    /failed to register layer .* promises sha256/,
  ],
  [
    'a layer that is no tar',
    [whole[0]!, { name: 'l/layer.tar', content: 'no tar at all'.repeat(99) }, list()],
    /failed to register layer/,
  ],
  ['too few layers', [...whole, list({ Layers: [] })], /layers length mismatch: expected 0, got 1/],
  ['a config that is no JSON', [{ name: 'c.json', content: '{' }, whole[1]!, list()], /config is not JSON/],
  [
    'an image for another system',
    [{ name: 'c.json', content: config({ os: 'windows' }) }, whole[1]!, list()],
    /operating system "windows"/,
  ],
  ['a list that is no list', [...whole, { name: 'manifest.json', content: '{}' }], /manifest\.json is not a list/],
  ['a name without a tag', [...whole, list({ RepoTags: ['evil'] })], /invalid tag "evil"/],
  ['a name that is none', [...whole, list({ RepoTags: ['../evil:1'] })], /invalid reference format/],
  [
    'more names than are taken',
    [...whole, list({ RepoTags: Array.from({ length: 5001 }, (_, j) => `evil:${j}`) })],
    /more than 5000 names/,
  ],
  ['a path that climbs', [...whole, { name: '../../escape', content: 'x' }, list()], /climbs out of its root/],
  ['a layer whose path climbs', [...whole, list({ Layers: ['../../../etc/passwd'] })], /climbs out of its root/],
  [
    'a link to a file of the host',
    [whole[0]!, { name: 'l/layer.tar', type: '2', linkname: '/etc/passwd' }, list()],
    /is no file of the archive/,
  ],
  [
    'a link that climbs',
    [whole[0]!, { name: 'l/layer.tar', type: '2', linkname: '../../x' }, list()],
    /climbs out of its root/,
  ],
  [
    'links in a circle',
    [
      whole[0]!,
      { name: 'l/layer.tar', type: '2', linkname: '../l/b' },
      { name: 'l/b', type: '2', linkname: 'layer.tar' },
      list(),
    ],
    /has no file l\/layer\.tar/,
  ],
  [
    'a device',
    [whole[0]!, { name: 'l/layer.tar', type: '3', devmajor: 1, devminor: 5 }, list()],
    /is no file, link or directory/,
  ],
  [
    'a wrong digest of a config',
    [{ name: `${'0'.repeat(64)}.json`, content: config() }, whole[1]!, list({ Config: `${'0'.repeat(64)}.json` })],
    /has the digest sha256:/,
  ],
  [
    'a blob of other bytes',
    [
      ...whole,
      { name: `blobs/sha256/${hex(layer)}`, content: 'other' },
      list({ Layers: [`blobs/sha256/${hex(layer)}`] }),
    ],
    /has the digest sha256:/,
  ],
  [
    'an index without its manifest',
    [
      {
        name: 'index.json',
        content: JSON.stringify({
          schemaVersion: 2,
          manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(layer), size: 1 }],
        }),
      },
    ],
    /lacks the blob sha256:/,
  ],
  [
    'an index of a digest that is none',
    [
      {
        name: 'index.json',
        content: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'x', digest: '../../etc', size: 1 }] }),
      },
    ],
    /invalid digest/,
  ],
];
for (const [what, parts, words] of refused)
  s.test(`an archive with ${what} is refused, and nothing of it stays`, async () => {
    const before = await store();
    assert.match(await d().dockerRefused('load', '-i', made('refused.tar', ...parts)), words);
    assert.equal(await store(), before);
  });

s.test('what is cut short, no tar, or a bomb by its header is refused, and the daemon goes on', async () => {
  const before = await store();
  const bytes = archive(...whole, list());
  for (const [bad, words] of [
    [bytes.subarray(0, 600), /ends in the middle/],
    [Buffer.from('plain text\n'.repeat(200)), /damaged tar header/],
    [gzipSync(bytes).subarray(0, 100), /cannot be read/],
    [Buffer.concat([entry({ name: 'big', size: 2 ** 33 - 1 }), bytes]), /ends in the middle/],
  ] as [Buffer, RegExp][]) {
    writeFileSync(at('bad.tar'), bad);
    assert.match(await d().dockerRefused('load', '-i', at('bad.tar')), words);
  }
  assert.equal(await store(), before);
});

s.test('equal layers that old docker versions wrote as links are loaded', async () => {
  const two = config({ rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] } });
  const parts: Made[] = [
    { name: 'c.json', content: two },
    { name: 'a/layer.tar', content: layer },
    { name: 'b/layer.tar', type: '2', linkname: '../a/layer.tar' },
    list({ Layers: ['a/layer.tar', 'b/layer.tar'], RepoTags: ['linked:1'] }),
  ];
  assert.is(await d().dockerOk('load', '-q', '-i', made('linked.tar', ...parts)), 'Loaded image: linked:1');
  assert.is((await d().json<{ Id: string }>('/images/linked:1/json')).Id, digestOf(two));
  await d().api('DELETE', '/images/linked:1');
});

s.test.run();
