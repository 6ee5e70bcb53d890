import * as assert from 'uvu/assert';
import type { ApiError } from '../../runtime/errors/api-error.ts';
import { readConfig } from '../../runtime/oci/config/read-config.ts';
import { suite } from '../harness.ts';

const test = suite('the config.json of a bundle');

type Json = Record<string, unknown>;
const good = (): Json => ({
  ociVersion: '1.0.2',
  process: { args: ['sh'], cwd: '/', env: ['A=b'], user: { uid: 7, gid: 8, additionalGids: [9] } },
  root: { path: 'rootfs' },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['mode=755'] },
  ],
  linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'ipc' }] },
});
const read = (config: unknown) => readConfig(JSON.stringify(config), '/b/config.json', '/b');
/** A good configuration with these values at their paths: 'linux.sysctl', 'mounts.0.type'. */
function changed(changes: Readonly<Record<string, unknown>>): Json {
  const config = good();
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop()!;
    let at = config;
    for (const name of names) at = (at[name] ??= {}) as Json;
    at[last] = value;
  }
  return config;
}
const refusal = (config: unknown): [number, string] => {
  try {
    read(config);
  } catch (error) {
    return [(error as ApiError).status, (error as Error).message];
  }
  return [200, ''];
};

test('what the file leaves out is what the specification says, and paths begin in the bundle', () => {
  const spec = read(
    changed({
      mounts: [
        ...(good()['mounts'] as Json[]),
        { destination: '/in//', type: 'none', source: 'data', options: ['rbind', 'ro'] },
      ],
    }),
  );
  assert.is(spec.root.path, '/b/rootfs');
  assert.equal(spec.mounts[2], { destination: '/in', type: 'bind', source: '/b/data', options: ['rbind', 'ro'] });
  assert.equal(spec.mounts[0], { destination: '/proc', type: 'proc', source: 'proc', options: [] });
  const { process, linux } = spec;
  assert.equal([process.terminal, process.noNewPrivileges], [false, false]);
  assert.equal(process.user, { uid: 7, gid: 8, additionalGids: [9] });
  assert.ok(Object.values(process.capabilities).every((set) => set.length === 0));
  assert.equal([linux.maskedPaths, linux.readonlyPaths, linux.seccomp], [[], [], undefined]);
  assert.equal(linux.resources.devices![0], { allow: false, access: 'rwm' });
});

test('the usual devices are allowed after the rules of the bundle, as runc does', () => {
  const { devices = [] } = read(
    changed({
      'linux.resources': {
        devices: [
          { allow: false, access: 'rwm' },
          { allow: true, type: 'c', major: 10, minor: 200, access: 'rw' },
        ],
      },
    }),
  ).linux.resources;
  assert.equal(devices.slice(0, 2), [
    { allow: false, type: 'a', major: -1, minor: -1, access: 'rwm' },
    { allow: true, type: 'c', major: 10, minor: 200, access: 'rw' },
  ]);
  assert.ok(devices.slice(2).some(({ major, minor }) => major === 1 && minor === 3));
});

test('a limit of 2⁶⁴-1 is no limit', () => {
  const text = JSON.stringify(changed({ 'process.rlimits': [{ type: 'RLIMIT_CORE', hard: 0, soft: 0 }] })).replace(
    '"hard":0,"soft":0',
    '"hard":18446744073709551615,"soft":18446744073709551615',
  );
  assert.equal(readConfig(text, 'x', '/b').process.rlimits, [{ type: 'RLIMIT_CORE', soft: -1, hard: -1 }]);
});

test('unknown fields and empty ones that are not supported are passed over', () => {
  assert.is(
    read(changed({ future: 1, 'linux.future': {}, hooks: { prestart: [] }, 'process.apparmorProfile': '' })).ociVersion,
    '1.0.2',
  );
});

test('annotations that ask Drydock for something are dropped, others stay', () => {
  const { annotations } = read(
    changed({ annotations: { 'drydock.leave-out': 'cgroup', 'drydock.init': 'true', a: 'b' } }),
  );
  assert.equal(annotations, { a: 'b' });
});

for (const [what, changes, status, message] of [
  ['no object', undefined, 400, '/b/config.json is not an object'],
  ['another version', { ociVersion: '2.0.0' }, 400, 'ociVersion "2.0.0" is not supported'],
  ['no program', { 'process.args': [] }, 400, 'process.args is empty'],
  ['a NUL in an argument', { 'process.args': ['a\0b'] }, 400, 'holds a string with a NUL'],
  ['a relative working directory', { 'process.cwd': 'tmp' }, 400, 'process.cwd "tmp" is not an absolute path'],
  ['a text as uid', { 'process.user': { uid: '0' } }, 400, 'uid is not a number'],
  ['a group beyond 32 bits', { 'process.user': { additionalGids: [2 ** 32] } }, 400, 'which is no gid'],
  ['an unknown capability', { 'process.capabilities': { bounding: ['CAP_FLY'] } }, 400, '"CAP_FLY"'],
  ['an unknown limit', { 'process.rlimits': [{ type: 'RLIMIT_X', soft: 1, hard: 1 }] }, 400, '"RLIMIT_X"'],
  [
    'a soft limit above the hard one',
    { 'process.rlimits': [{ type: 'RLIMIT_CPU', soft: 2, hard: 1 }] },
    400,
    'above the hard one',
  ],
  [
    'a negative limit',
    { 'process.rlimits': [{ type: 'RLIMIT_CPU', soft: -1, hard: 1 }] },
    400,
    'give a whole number from 0',
  ],
  ['a hook', { hooks: { prestart: [{ path: '/bin/true' }] } }, 501, 'hooks is not supported yet'],
  ['an apparmor profile', { 'process.apparmorProfile': 'x' }, 501, 'process.apparmorProfile'],
  ['no root', { root: {} }, 400, 'path is not a string'],
  ['no /proc', { mounts: [{ destination: '/dev', type: 'tmpfs' }] }, 501, 'without a mount at /proc'],
  ['a second procfs', { 'mounts.1': { destination: '/proc2', type: 'proc' } }, 501, 'a proc at /proc2'],
  ['a mount over the root', { 'mounts.1.destination': '/..' }, 400, 'is not an absolute path below /'],
  ['a bind without a source', { 'mounts.1': { destination: '/x', options: ['bind'] } }, 400, 'has no source'],
  ['an idmapped mount', { 'mounts.1.uidMappings': [{ containerID: 0 }] }, 501, 'uidMappings'],
  ['no mount namespace', { 'linux.namespaces': [] }, 501, 'without a mount namespace'],
  [
    'a namespace twice',
    { 'linux.namespaces': [{ type: 'mount' }, { type: 'pid' }, { type: 'pid' }] },
    400,
    'pid twice',
  ],
  ['an unknown namespace', { 'linux.namespaces': [{ type: 'mount' }, { type: 'x' }] }, 400, 'unknown type "x"'],
  [
    'a relative namespace',
    { 'linux.namespaces': [{ type: 'mount' }, { type: 'pid', path: 'x' }] },
    400,
    'is not absolute',
  ],
  [
    'a foreign mount namespace',
    { 'linux.namespaces': [{ type: 'mount', path: '/proc/1/ns/mnt' }] },
    501,
    'entering the mount namespace',
  ],
  [
    'a user namespace without a mapping',
    { 'linux.namespaces': [{ type: 'mount' }, { type: 'user' }] },
    400,
    'linux.uidMappings and linux.gidMappings are needed',
  ],
  ['a hostname of the host', { hostname: 'x' }, 400, 'hostname needs a UTS namespace'],
  ['a parameter of the host', { 'linux.sysctl': { 'kernel.panic': '1' } }, 400, 'not in a separate kernel namespace'],
  ['a parameter that climbs', { 'linux.sysctl': { 'net/../../x': '1' } }, 400, 'not in a separate kernel namespace'],
  [
    "a parameter of the host's network",
    { 'linux.sysctl': { 'net.ipv4.ip_forward': '1' } },
    400,
    'hosts network namespace',
  ],
  ['a limit as a text', { 'linux.resources': { memory: { limit: '1' } } }, 400, 'linux.resources.memory.limit is "1"'],
  [
    'a limit in unified form',
    { 'linux.resources': { unified: { 'memory.max': '1' } } },
    501,
    'linux.resources.unified',
  ],
  ['a wrong device rule', { 'linux.resources': { devices: [{ allow: true, access: 'x' }] } }, 400, 'access "x"'],
  [
    'a device that climbs',
    { 'linux.devices': [{ path: '/dev/../etc/x', type: 'c', major: 1, minor: 1 }] },
    400,
    'is not an absolute path',
  ],
  ['a relative masked path', { 'linux.maskedPaths': ['proc'] }, 400, '"proc" is not an absolute path'],
  ['an unknown filter action', { 'linux.seccomp': { defaultAction: 'X' } }, 400, 'defaultAction "X"'],
  [
    'a filter that asks a listener',
    { 'linux.seccomp': { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/x' } },
    501,
    'listenerPath',
  ],
] as [string, Record<string, unknown> | undefined, number, string][]) {
  test(`${what} is refused with ${status}`, () => {
    const [code, text] = refusal(changes ? changed(changes) : []);
    assert.is(code, status, text);
    assert.ok(text.includes(message) && text.startsWith('/b/config.json'), text);
  });
}

test('text that is no JSON, and JSON that nests without end, is refused', () => {
  for (const text of ['', '{', `${'['.repeat(10_000)}`])
    assert.throws(() => readConfig(text, '/b/config.json', '/b'), /config\.json is not JSON/);
});

test.run();
