/** Input from API clients: bodies, queries, filters, headers, seccomp profiles. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { Image } from '../../runtime/image/manifest/image.ts';
import { parseDetachKeys } from '../../runtime/container/io/detach-keys.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import type { ContainerRequest } from '../../runtime/request/container-request.ts';
import type { Settings } from '../../runtime/data-root/settings.ts';
import { parseSignal } from '../../runtime/request/signal.ts';
import { validateRequest } from '../../runtime/container/validate.ts';
import { endpointsOf } from '../../runtime/network/request/endpoints.ts';
import { buildSpec, type SpecSource } from '../../runtime/container/bundle.ts';
import { addDeclared, mountPointsOf } from '../../runtime/container/mount-points.ts';
import { compileSeccomp } from '../../runtime/oci/seccomp/compile.ts';
import { defaultProfile } from '../../runtime/oci/seccomp/default-profile.ts';
import { parseProfile, resolveProfile } from '../../runtime/oci/seccomp/profile.ts';
import { matching, readFilters, truth, untilTime } from '../../server/docker/http/filters.ts';
import { Query } from '../../server/docker/http/query.ts';
import { registryAuth } from '../../server/docker/images/registry-auth.ts';
import { checkExec } from '../../server/docker/http/shape.ts';
import { damaged, jsonOf, only, target } from './target.ts';

const host = {
  Binds: ['/proc:/x:ro'],
  Tmpfs: { '/t': 'size=1m' },
  Mounts: [
    { Type: 'tmpfs', Target: '/m', TmpfsOptions: { SizeBytes: 100, Mode: 448 } },
    { Type: 'bind', Source: '/proc', Target: '/n', BindOptions: { Propagation: 'rslave', NonRecursive: true } },
  ],
  Memory: 64 << 20,
  MemorySwap: -1,
  NanoCpus: 1e9,
  CpusetCpus: '0',
  PidsLimit: 10,
  BlkioWeight: 100,
  BlkioDeviceReadBps: [{ Path: '/dev/null', Rate: 1 }],
  Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
  Sysctls: { 'net.ipv4.ip_forward': '1' },
  CapAdd: ['SYS_ADMIN'],
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges', 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'],
  Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/n', CgroupPermissions: 'rwm' }],
  DeviceCgroupRules: ['c 1:3 rwm'],
  NetworkMode: 'bridge',
  Dns: ['1.1.1.1'],
  DnsSearch: ['a'],
  ExtraHosts: ['a:1.1.1.1'],
  RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
  PidMode: 'host',
  IpcMode: 'private',
  UTSMode: '',
  UsernsMode: 'private',
  CgroupParent: '/a',
  ShmSize: 1000,
  Annotations: { 'drydock.time-offset': 'boottime=5' },
  ConsoleSize: [1, 2],
  GroupAdd: ['1'],
  MaskedPaths: ['/a'],
  LogConfig: { Type: 'json-file', Config: {} },
  Init: true,
};
const container = {
  Hostname: 'h',
  User: '1:2',
  Tty: true,
  OpenStdin: true,
  Env: ['A=b', 'C'],
  Cmd: ['true'],
  Entrypoint: ['/bin/sh'],
  Image: 'x',
  WorkingDir: '/w',
  Labels: { a: 'b' },
  StopSignal: 'TERM',
  StopTimeout: 1,
  ExposedPorts: { '80/tcp': {} },
  HostConfig: host,
  NetworkingConfig: {
    EndpointsConfig: {
      bridge: { IPAMConfig: { IPv4Address: '172.30.0.9' }, MacAddress: '02:42:00:00:00:01', Aliases: [] },
    },
  },
};
const keys = [
  ...Object.keys(container),
  ...Object.keys(host),
  'Type',
  'Target',
  'Source',
  'Name',
  'Soft',
  'Path',
  'Rate',
  'BindOptions',
  'TmpfsOptions',
  'Mode',
  'SizeBytes',
  'IPAMConfig',
  'Healthcheck',
  'Test',
  'boottime',
];
// Bind sources are below /proc, where no directory can be created.
const leaves = [
  fc.constantFrom(
    '/proc/nope',
    '/proc:/y',
    '/proc/1:/a/../b:rw',
    'host',
    'container:x',
    'container:',
    'always',
    'on-failure',
    '0-3',
    '0-9999,1',
    '1.2.3.4',
    'SIGHUP',
    'CAP_CHOWN',
    'size=1',
    'boottime=1e9',
    'unconfined',
    'seccomp=[]',
    'label=disable',
    -1,
    64 << 20,
    1e15,
    ['a'],
    {},
  ),
];
const tree = jsonOf(keys, leaves).map(
  (value) => JSON.parse((JSON.stringify(value) ?? 'null').replace(/"(\/+)(?!proc)([^"]*):/g, '"/proc/$2:')) as unknown,
);
const settings = {
  root: '/r',
  execRoot: '/e',
  bridge: 'drydock0',
  cgroupParent: '/drydock',
  registryMirrors: [],
  insecureRegistries: [],
  practice: false,
  dns: [],
  idle: 0,
  listen: [{ unix: '/s' }],
} satisfies Settings;
const image = {
  id: 'i',
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, config: { Cmd: ['sh'] } },
  layers: [],
} as unknown as Image;
const paths = { rootfs: '/c/rootfs', resolvConf: '/c/r', hostname: '/c/n', hosts: '/c/h' } as SpecSource['paths'];
const id = 'a'.repeat(64);
const nobody = (ref: string): never => {
  throw new ApiError(404, `No such container: ${ref}`);
};

/** POST /containers/create up to its first effect, without the creation of bind sources. */
const create = target(
  'container create',
  fc.oneof(
    { weight: 5, arbitrary: damaged([container, { Image: 'x', HostConfig: {} }], tree) },
    { weight: 1, arbitrary: tree },
  ),
  (body) => {
    const request = {
      ...(body as object),
      HostConfig: (body as ContainerRequest | null)?.HostConfig ?? {},
    } as ContainerRequest;
    const spec = only([ApiError], () => {
      validateRequest(request, settings);
      const mounts = mountPointsOf(id, request, nobody);
      addDeclared(mounts, id, request, image);
      const endpoints = endpointsOf(request, id, settings, nobody);
      return buildSpec({ id, request, endpoints, mounts, paths, settings }, image);
    });
    if (spec && !spec.process.args.every((a) => typeof a === 'string' && !a.includes('\0')))
      throw new Error('an argument that execve(2) cannot take');
  },
);

const exec = target(
  'exec body',
  damaged(
    [
      {
        AttachStdin: true,
        Tty: true,
        DetachKeys: 'ctrl-p,ctrl-q',
        Env: ['A=b'],
        Cmd: ['x'],
        User: 'u',
        WorkingDir: '/',
        ConsoleSize: [1, 2],
      },
    ],
    tree,
  ),
  (body) => {
    if (!only([ApiError], () => (checkExec(body as Record<string, unknown>), true))) return;
    const { DetachKeys } = body as { DetachKeys?: string | null };
    only([ApiError], () => parseDetachKeys(DetachKeys ?? undefined));
  },
);

const queryPart = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '=',
    '&',
    '?',
    '%',
    '%7B',
    '%zz',
    'filters=',
    'tail=',
    'since=',
    '{"name":{"a":true}}',
    '{"name":["(a+)+$"]}',
    '["x"]',
    '{"until":["10m"]}',
    '{"dangling":["true"]}',
    '1e9',
    '-1',
    '9'.repeat(20),
    '__proto__',
  ),
);
const known = ['name', 'until', 'dangling', 'label', 'status'];
const query = target(
  'query and filters',
  fc.array(queryPart, { maxLength: 8 }).map((parts) => `/x?${parts.join('')}`),
  (url) => {
    const read = new Query(url);
    for (const name of ['filters', 'tail', 'since', '__proto__', '']) {
      for (const ask of ['integer', 'time', 'list', 'flag', 'text'] as const)
        only([ApiError], () => void read[ask](name));
    }
    const filters = only([ApiError], () => readFilters(read, known));
    if (!filters) return;
    only([ApiError], () => matching(filters, 'name', ['aaaaaaaa', '']));
    only([ApiError], () => truth(filters, 'dangling'));
    only([ApiError], () => untilTime(filters));
  },
);

const auth = target(
  'X-Registry-Auth',
  fc.oneof(
    jsonOf(['username', 'password', 'identitytoken', 'registrytoken']).map((v) =>
      Buffer.from(JSON.stringify(v) ?? '').toString('base64url'),
    ),
    fc.string(),
  ),
  (header) => {
    const request = Object.assign(Readable.from([]), {
      headers: { 'x-registry-auth': header },
    }) as unknown as IncomingMessage;
    const read = only([ApiError], () => registryAuth(request));
    if (read && !Object.values(read).every((v) => typeof v === 'string'))
      throw new Error('credentials that are no text');
  },
);

const signals = target(
  'signals and detach keys',
  fc.oneof(
    fc.constantFrom(
      'SIG',
      'RTMIN+99',
      'rtmax-1',
      'TERM',
      '9',
      '999',
      'toString',
      '__proto__',
      'ctrl-',
      'ctrl-@',
      ',',
      'a,b',
    ),
    fc.string({ unit: 'binary' }),
  ),
  (text) => {
    const signal = only([ApiError], () => parseSignal(text));
    if (signal !== undefined && !(signal >= 1 && signal <= 64)) throw new Error(`${signal} is no signal`);
    const codes = only([ApiError], () => parseDetachKeys(text)) ?? [];
    if (!codes.every((code) => code >= 0)) throw new Error('keys that are none');
  },
);

const profileKeys = [
  'defaultAction',
  'architectures',
  'archMap',
  'syscalls',
  'names',
  'name',
  'action',
  'args',
  'index',
  'value',
  'valueTwo',
  'op',
  'includes',
  'excludes',
  'caps',
  'minKernel',
  'errnoRet',
  'flags',
];
const profileLeaves = [
  fc.constantFrom(
    'SCMP_ACT_ALLOW',
    'SCMP_ACT_ERRNO',
    'SCMP_ARCH_X86_64',
    'SCMP_CMP_EQ',
    'SCMP_CMP_MASKED_EQ',
    'read',
    'mount',
    'nosuch',
    '5.4',
    4096,
    2 ** 32,
  ),
];
const small = { ...defaultProfile, syscalls: [...(defaultProfile.syscalls ?? [])].slice(-6) };
const seccomp = target(
  'seccomp profile reader',
  fc
    .oneof(
      { weight: 3, arbitrary: damaged([small], jsonOf(profileKeys, profileLeaves)) },
      { weight: 1, arbitrary: jsonOf(profileKeys, profileLeaves) },
    )
    .map((v) => JSON.stringify(v) ?? ''),
  (json) => {
    const profile = only([ApiError], () => parseProfile(json));
    // validate.ts turns the compiler's error into a refusal.
    if (profile) only([Error], () => compileSeccomp(resolveProfile(profile, ['CAP_SYS_ADMIN'])));
  },
);

export const apiTargets = [create, exec, query, auth, signals, seccomp];
