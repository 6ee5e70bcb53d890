/**
 * Inputs that `npm run fuzz` found, as regression tests: each caused an internal error or worse where a refusal is
 * right.
 */
import * as assert from 'uvu/assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LayerWriter } from '../../runtime/image/layer/layer-writer.ts';
import { TarError } from '../../runtime/image/layer/tar-header.ts';
import { TarReader } from '../../runtime/image/layer/tar-reader.ts';
import { familiarName, parseReference } from '../../runtime/image/manifest/reference.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { line } from '../../runtime/journal/line.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { validateRequest } from '../../runtime/container/validate.ts';
import { parseProfile } from '../../runtime/oci/seccomp/profile.ts';
import { timeOffsets } from '../../runtime/oci/time.ts';
import { archive, pax } from '../image/tarball.ts';
import { suite } from '../harness.ts';

const test = suite('found by the fuzzer', 'root');
const dir = mkdtempSync('/dev/shm/drydock-found-');
test.after(() => rmSync(dir, { recursive: true, force: true }));

const thrown = (call: () => unknown): unknown => {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
};
function unpack(tar: Buffer): LayerWriter {
  const writer = new LayerWriter(dir);
  try {
    const reader = new TarReader(writer);
    reader.write(tar);
    reader.end();
    return writer;
  } finally {
    writer.dispose();
  }
}

test('an attribute whose name is no percent-encoding is a damaged header', () => {
  assert.instance(
    thrown(() => unpack(archive(pax({ 'LIBARCHIVE.xattr.%zz': 'x' }), { name: 'a' }))),
    TarError,
  );
});

test('a whiteout with bytes hides its name all the same', () => {
  assert.is(unpack(archive({ name: '.wh.gone', content: 'bytes' }, { name: 'kept', content: 'x' })).entries, 2);
});

test('a sparse map whose number never ends is not gathered without end, nor are global headers', () => {
  const endless = archive(pax({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '1', 'GNU.sparse.name': 'a' }), {
    name: 'a',
    content: `1000000\n${'1'.repeat(200_000)}`,
  });
  assert.match(String(thrown(() => unpack(endless))), 'a number without end');
  const globals = Array.from({ length: 3 }, (_, j) => pax({ [`key${j}`]: 'x'.repeat(500_000) }, 'g'));
  assert.match(String(thrown(() => unpack(archive(...globals, { name: 'a' })))), /global tar headers of \d+ bytes/);
  const again = Array.from({ length: 9 }, () => pax({ comment: 'x'.repeat(500_000) }, 'g'));
  assert.is(unpack(archive(...again, { name: 'b' })).entries, 1);
});

test("a sparse file's name holds no NUL byte", () => {
  assert.instance(
    thrown(() => unpack(archive(pax({ 'GNU.sparse.size': '0', 'GNU.sparse.name': 'a\0b' }), { name: 'a' }))),
    TarError,
  );
});

test('lines of a journal that are JSON and no event are left out, and those around them are read', () => {
  const good = { seq: 0, time: 1, run: 1, type: 'note', text: 'read' };
  const call = { seq: 1, time: 1, run: 1, type: 'call', actor: 'stage', args: ['x'], ret: 0, ns: 1 };
  const rows = [
    'null',
    '3',
    '[]',
    '{"type":null}',
    JSON.stringify({ ...call, name: '__proto__' }),
    JSON.stringify(good),
    JSON.stringify({ ...call, name: 'constructor' }),
    '{"seq":1,"time":1,"run":1,"type":"fact","facts":[{"kind":"__proto__","key":"polluted","value":"x"}]}',
  ];
  writeFileSync(join(dir, 'journal'), `${rows.join('\n')}\n`);
  const read = Journal.open(join(dir, 'journal')).events();
  assert.equal(
    read.map(({ type }) => type),
    ['note', 'call'],
  );
  assert.match(read.map(line).join('\n'), 'read');
});

const base = { Image: 'x', Cmd: ['true'] };
const bad: [what: string, request: object, message: RegExp][] = [
  ['a device without a path', { HostConfig: { Devices: [{}] } }, /HostConfig.Devices: PathOnHost is missing/],
  [
    'a throttle without a device',
    { HostConfig: { BlkioDeviceReadBps: [{ Rate: 1 }] } },
    /HostConfig.BlkioDeviceReadBps: Path is missing/,
  ],
  ['a mount without a type', { HostConfig: { Mounts: [{ Target: '/x' }] } }, /HostConfig.Mounts: Type is missing/],
  [
    'options of a tmpfs that are no numbers',
    { HostConfig: { Mounts: [{ Type: 'tmpfs', Target: '/x', TmpfsOptions: { Mode: {} } }] } },
    /TmpfsOptions.Mode: it must be a whole number/,
  ],
  [
    'an address that is an object',
    { HostConfig: {}, NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: {} } } } } },
    /IPAMConfig.IPv4Address: it must be a string/,
  ],
  [
    'endpoints that are text',
    { HostConfig: {}, NetworkingConfig: { EndpointsConfig: 'bridge' } },
    /EndpointsConfig: it must be an object/,
  ],
];
for (const [what, request, message] of bad) {
  test(`${what} is refused by name`, () => {
    const error = thrown(() => validateRequest({ ...base, ...request } as never, { bridge: 'drydock0' }));
    assert.instance(error, ApiError, String(error));
    assert.match((error as Error).message, message);
  });
}

test('a repository of docker.io that is called like a host keeps its domain when it is shown', () => {
  assert.is(familiarName(parseReference('index.docker.io/localhost/a')), 'docker.io/localhost/a');
  assert.is(familiarName(parseReference('docker.io/library/a')), 'a');
});

test('annotations may be null, and an architecture of a seccomp profile must be text', () => {
  assert.is(timeOffsets(null), undefined);
  assert.instance(
    thrown(() => parseProfile('{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":{"toString":0}}]}')),
    ApiError,
  );
});

test.run();
