import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Image } from '../../runtime/image/manifest/image.ts';
import type { ContainerRequest, HostConfig } from '../../runtime/request/container-request.ts';
import { buildSpec, type SpecSource } from '../../runtime/container/bundle.ts';
import { allCapabilities } from '../../runtime/oci/capabilities.ts';
import { DEFAULT_PATH, defaultDeviceRules, maskedPathsHere } from '../../runtime/oci/default-spec.ts';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import type { Spec } from '../../runtime/oci/spec.ts';
import { suite } from '../harness.ts';

const test = suite('bundle');
const id = '0123456789abcdef'.repeat(4);

function spec(
  host: HostConfig = {},
  config: Partial<ContainerRequest> = {},
  image: Image['config']['config'] = { Cmd: ['bash'] },
  endpoint: Partial<Endpoint> = {},
): Spec {
  const source = {
    id,
    request: { Image: 'ubuntu', ...config, HostConfig: host },
    endpoints: [{ driver: 'bridge', network: 'bridge', endpointID: '', ...endpoint }],
    mounts: [],
    settings: { cgroupParent: '/drydock', root: '/lib/dd' },
    paths: { rootfs: '/r', resolvConf: '/c/resolv.conf', hosts: '/c/hosts', hostname: '/c/hostname' },
  } as unknown as SpecSource;
  return buildSpec(source, {
    config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, config: image },
  } as unknown as Image);
}
const types = (s: Spec) => s.linux.namespaces.map((n) => n.type);
const at = (s: Spec, destination: string) => s.mounts.find((m) => m.destination === destination);

test('without flags a container is as Docker makes it', () => {
  const s = spec();
  assert.equal(s.process.args, ['bash']);
  assert.equal(s.process.env, [`PATH=${DEFAULT_PATH}`, 'HOSTNAME=0123456789ab']);
  assert.equal(
    [s.hostname, s.process.cwd, s.linux.cgroupsPath, s.process.capabilities.bounding.length],
    ['0123456789ab', '/', `/drydock/${id}`, 14],
  );
  assert.equal(types(s), ['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup']);
  assert.equal(
    s.mounts.map((m) => m.destination),
    [
      '/proc',
      '/dev',
      '/dev/pts',
      '/sys',
      '/sys/fs/cgroup',
      '/dev/mqueue',
      '/dev/shm',
      '/etc/resolv.conf',
      '/etc/hostname',
      '/etc/hosts',
    ],
  );
  assert.ok(
    at(s, '/dev/shm')!.options.includes('size=67108864') &&
      s.linux.maskedPaths!.includes('/proc/kcore') &&
      s.linux.seccomp,
  );
  assert.equal(s.linux.resources, { devices: [...defaultDeviceRules] });
  assert.is(s.linux.sysctl!['net.ipv4.ip_unprivileged_port_start'], '0');
});

test('entry point and command follow Docker’s rules', () => {
  const image = { Entrypoint: ['/entry'], Cmd: ['default'] };
  const args = (config: Partial<ContainerRequest>) => spec({}, config, image).process.args;
  assert.equal(args({}), ['/entry', 'default']);
  assert.equal(args({ Cmd: ['a', 'b'] }), ['/entry', 'a', 'b']);
  assert.equal(args({ Entrypoint: ['/other'] }), ['/other']);
  assert.equal(args({ Entrypoint: [''], Cmd: ['x'] }), ['x']);
  assert.throws(() => args({ Entrypoint: [''] }), /no command specified/);
});

test('of the environment the flags win, and a bare name takes a variable away', () => {
  const s = spec(
    {},
    { Tty: true, Env: ['A=flag', 'TERM=vt100', 'HOSTNAME'] },
    { Cmd: ['x'], Env: ['PATH=/image', 'A=image', 'B=image'] },
  );
  assert.equal(s.process.env, ['PATH=/image', 'TERM=vt100', 'A=flag', 'B=image']);
});

test('user, directory, groups, console and limits of the process', () => {
  const s = spec(
    {
      GroupAdd: ['5', 'audio'],
      ConsoleSize: [33, 99],
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: -1 }],
      OomScoreAdj: 7,
      SecurityOpt: ['no-new-privileges'],
    },
    { Tty: true, User: 'app:1', WorkingDir: '/a/../b/' },
  );
  assert.equal(s.process.user, { uid: 0, gid: 0, additionalGids: [5], username: 'app:1', groups: ['5', 'audio'] });
  assert.equal(
    [s.process.cwd, s.process.consoleSize, s.process.rlimits, s.process.oomScoreAdj, s.process.noNewPrivileges],
    ['/b', { height: 33, width: 99 }, [{ type: 'RLIMIT_NOFILE', soft: 1, hard: -1 }], 7, true],
  );
});

test('host modes leave a namespace out, container modes name the other one', () => {
  const s = spec({ PidMode: 'host', IpcMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' }, {}, undefined, {
    driver: 'host',
  });
  assert.equal(types(s), ['mount']);
  assert.equal(
    [s.hostname, s.process.env[1], at(s, '/dev/shm')!.type, s.linux.sysctl],
    [undefined, `HOSTNAME=${hostname()}`, 'bind', {}],
  );
  const joined = spec({ PidMode: 'container:other' }, {}, undefined, { driver: 'container', container: 'abc' }).linux
    .namespaces;
  assert.equal(
    joined.flatMap((n) => (n.path ? [`${n.type} ${n.path}`] : [])),
    ['pid container:other', 'network container:abc'],
  );
  assert.is(types(spec({ UsernsMode: 'private' }))[0], 'user');
});

test('a mount of the user takes the place of a default one, and one on /dev of all below it', () => {
  const s = spec({ Binds: ['/tmp:/dev', '/tmp:/etc/hosts:ro', '/tmp:/a/b/c:rslave'], Tmpfs: { '/a': 'size=1m,exec' } });
  assert.equal(
    s.mounts.filter((m) => m.destination.startsWith('/dev')).map((m) => m.type),
    ['bind'],
  );
  assert.equal(at(s, '/etc/hosts'), {
    destination: '/etc/hosts',
    type: 'bind',
    source: '/tmp',
    options: ['rbind', 'rprivate', 'rro'],
  });
  assert.equal(at(s, '/a')!.options, ['nosuid', 'nodev', 'rprivate', 'size=1m', 'exec']);
  const order = s.mounts.map((m) => m.destination);
  assert.ok(order.indexOf('/a') < order.indexOf('/a/b/c'));
  assert.is(s.linux.rootfsPropagation, 'rslave');
});

test('privileged lifts capabilities, devices, seccomp, masks and read-only mounts', () => {
  const s = spec({ Privileged: true });
  assert.equal(s.process.capabilities.bounding, allCapabilities());
  assert.equal([s.linux.seccomp, s.linux.maskedPaths, s.linux.readonlyPaths], [undefined, [], []]);
  assert.not.ok(at(s, '/sys')!.options.includes('ro') || at(s, '/sys/fs/cgroup')!.options.includes('ro'));
  assert.ok(s.linux.devices.some((d) => d.path === '/dev/full' && d.major === 1 && d.minor === 7));
  assert.equal(s.linux.resources.devices, [{ allow: true, type: 'a', access: 'rwm' }]);
});

test('the throttling of each processor that counts it is masked', () => {
  const cpus = mkdtempSync(join(tmpdir(), 'drydock-cpus-'));
  try {
    for (const path of ['cpu0/thermal_throttle', 'cpu1', 'cpu12/thermal_throttle', 'cpufreq/thermal_throttle'])
      mkdirSync(join(cpus, path), { recursive: true });
    const added = maskedPathsHere(cpus).filter((path) => path.startsWith(cpus));
    assert.equal(added.sort(), [`${cpus}/cpu0/thermal_throttle`, `${cpus}/cpu12/thermal_throttle`]);
    assert.equal(
      maskedPathsHere(`${cpus}/none`),
      maskedPathsHere(cpus).filter((path) => !added.includes(path)),
    );
    assert.equal(spec().linux.maskedPaths, maskedPathsHere());
  } finally {
    rmSync(cpus, { recursive: true });
  }
});

test('a device is looked up on the host and allowed as asked', () => {
  const s = spec({
    Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/n', CgroupPermissions: 'rw' }],
    DeviceCgroupRules: ['b 8:* r'],
  });
  assert.equal(
    s.linux.devices.map((d) => [d.path, d.type, d.major, d.minor]),
    [['/dev/n', 'c', 1, 3]],
  );
  assert.equal(s.linux.resources.devices!.slice(-2), [
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
    { allow: true, type: 'b', major: 8, minor: -1, access: 'r' },
  ]);
});

test('limits become OCI resources, zero values nothing', () => {
  const { memory, cpu, pids } = spec({
    Memory: 64 << 20,
    NanoCpus: 1.5e9,
    PidsLimit: 9,
    CpuShares: 0,
    MemorySwappiness: -1,
  }).linux.resources;
  assert.equal(
    [memory, cpu, pids],
    [{ limit: 64 << 20, swap: 128 << 20 }, { period: 100000, quota: 150000 }, { limit: 9 }],
  );
  assert.equal(spec({ Memory: 64 << 20, MemorySwap: -1 }).linux.resources.memory, { limit: 64 << 20, swap: -1 });
});

test('--init goes before the command, unless the host’s init is there already', () => {
  const s = spec({ Init: true });
  assert.equal([s.process.args, s.annotations], [['/sbin/docker-init', '--', 'bash'], { 'drydock.init': 'true' }]);
  assert.equal(spec({ Init: true, PidMode: 'host' }).process.args, ['bash']);
});

test('read-only root, masked paths of one’s own, annotations, cgroup parent', () => {
  const s = spec({
    ReadonlyRootfs: true,
    MaskedPaths: [],
    ReadonlyPaths: ['/x'],
    Annotations: { a: 'b' },
    CgroupParent: 'mine',
  });
  assert.equal(
    [s.root.readonly, s.linux.maskedPaths, s.linux.readonlyPaths, s.annotations, s.linux.cgroupsPath],
    [true, [], ['/x'], { a: 'b' }, `/mine/${id}`],
  );
  assert.ok(at(s, '/etc/hosts')!.options.includes('ro'));
});

test.run();
