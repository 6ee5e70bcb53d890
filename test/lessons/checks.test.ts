/** Checks on journals of real runs and on texts; no container is needed. */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Look, Subject } from '../../lessons/checks/check.ts';
import { holds, readCheck, wordsOf, checks } from '../../lessons/checks/table.ts';
import type { Image } from '../../runtime/image/manifest/image.ts';
import { frameAt } from '../../runtime/journal/frame.ts';
import type { Event } from '../../runtime/journal/event.ts';
import type { NetworkRecord } from '../../runtime/network/store/network-record.ts';
import { suite } from '../harness.ts';

const test = suite('checks of lessons');

let seq = 0;
const event = (more: object): Event => ({ seq: seq++, time: 1000 + seq, run: 1, ...more }) as Event;
const events = (): Event[] => [
  event({ type: 'state', from: 'created', to: 'pulling' }),
  event({
    type: 'http',
    step: 'pull.fetch-index',
    method: 'GET',
    url: 'http://localhost/v2/library/ubuntu/manifests/latest',
    status: 200,
    ns: 1,
  }),
  event({
    type: 'http',
    step: 'pull.fetch-layers',
    method: 'GET',
    url: 'http://localhost/v2/library/ubuntu/blobs/sha256:00',
    status: 404,
    ns: 1,
  }),
  event({ type: 'step', step: 'create.clone3', at: 'start' }),
  event({
    type: 'call',
    step: 'create.clone3',
    actor: 'shim',
    name: 'clone3_stage',
    args: [0x20000000, 0, -1],
    ret: 7,
    ns: 1,
    facts: [{ kind: 'ns', key: 'pid', value: 'pid:[42]' }],
  }),
  event({
    type: 'call',
    step: 'create.clone3',
    actor: 'stage',
    name: 'mount',
    args: ['proc', '/proc', 'proc', 8, null],
    ret: -1,
    errno: 'EPERM',
    ns: 1,
  }),
  event({ type: 'step', step: 'create.clone3', at: 'done' }),
  event({
    type: 'call',
    run: 'exec-1',
    step: 'exec.execve',
    actor: 'stage',
    name: 'execve',
    args: ['/bin/true', ['true', '-x'], []],
    ret: 0,
    ns: 1,
  }),
  event({ type: 'gate', at: 'paused', step: 'rw-layer.mount-overlay' }),
];
function subject(more: Partial<Subject> = {}): Subject {
  const list = events();
  return {
    id: 'a',
    name: 'one',
    removed: false,
    events: list,
    frame: () => frameAt(list, list.length - 1),
    request: {
      Image: 'ubuntu:latest',
      Cmd: ['sleep', '5'],
      Tty: true,
      HostConfig: { Memory: 64 << 20, CapDrop: ['ALL'] },
    },
    state: { status: 'running', machine: 'running', pid: 0, exitCode: 0, oomKilled: false, startedAt: 0, runs: 1 },
    upper: async (path) =>
      (({ '/etc/passwd': 'file', '/etc/shells': 'whiteout', '/new': 'file', '/dir': 'opaque' }) as const)[path],
    lower: async (path) => path.startsWith('/etc/'),
    typed: () => ['echo $$'],
    shown: () => '# echo $$\n1',
    layers: () => 4,
    nameservers: () => ['192.0.2.53'],
    endpoints: () => [
      {
        driver: 'bridge',
        network: 'front',
        networkID: 'n',
        endpointID: 'e',
        aliases: ['www'],
        address: '10.5.0.2',
        address6: 'fd00::2',
        ports: [{ protocol: 'tcp', port: 80, hostIp: '127.0.0.1', hostPort: 8080 }],
      },
      { driver: 'bridge', network: 'back', endpointID: 'f', moving: 'connecting' },
    ],
    mounts: () => [
      { type: 'volume', name: 'store', destination: '/data', rw: true, mode: 'z', propagation: '' },
      { type: 'bind', name: '', destination: '/src', rw: false, mode: '', propagation: 'rprivate' },
    ],
    health: () => 'unhealthy',
    logFiles: () => 3,
    inside: async (path) => (path === '/data/x' ? { type: 'file', owner: 1000 } : undefined),
    pids: async () => [],
    cgroupDir: () => undefined,
    grown: async () => 0,
    ...more,
  };
}
const look = (...subjects: Subject[]): Look => ({
  subject: undefined,
  subjects,
  quiz: new Set([0]),
  questions: 2,
  daemonEnded: 'asked',
  strangers: () => [],
  rules: async () => 'postrouting: masquerade',
  things: {
    network: (name) => (name === 'front' ? ({ name, driver: 'macvlan', ipv6: true } as NetworkRecord) : undefined),
    volume: (name) => name === 'store',
    inVolume: async (name, path) => (name === 'store' && path === '/x' ? 'file' : undefined),
    image: (name) =>
      name === 'app'
        ? ({ layers: [{}, {}], config: { history: [{ created_by: 'RUN make # buildkit' }] } } as unknown as Image)
        : undefined,
    inImage: async (_, path) => ({ seen: path === '/bin/app', layers: path === '/none' ? 0 : 1 }),
    pushes: async (name) => (name === 'app' ? [6, 2] : []),
    builds: async (name) =>
      name === 'app'
        ? [
            { failed: false, kept: ['COPY deps'], ran: ['COPY src', 'RUN make'] },
            { failed: true, kept: [], ran: ['RUN false'] },
          ]
        : [],
    imageWork: (kind) =>
      kind === 'load'
        ? [
            { failed: false, images: ['app', 'web'] },
            { failed: true, images: ['an', 'archive'] },
          ]
        : [],
  },
});
const check = (value: unknown, ...subjects: Subject[]) =>
  holds(readCheck(value), look(...(subjects.length ? subjects : [subject()])));

const cases: [holds: boolean, check: object][] = [
  [true, { 'journal.step': 'create.clone3' }],
  [false, { 'journal.step': 'create.cgroup' }],
  [false, { 'journal.step': { id: 'create.clone3', at: 'failed' } }],
  [true, { 'journal.call': 'clone3_stage' }],
  [true, { 'journal.call': { name: 'clone3_stage', args: 'CLONE_NEWPID', actor: 'shim' } }],
  [false, { 'journal.call': { name: 'clone3_stage', actor: 'stage' } }],
  [false, { 'journal.call': 'mount' }],
  [true, { 'journal.call': { name: 'mount', errno: 'EPERM' } }],
  [true, { 'journal.fetched': 'index' }],
  [false, { 'journal.fetched': 'layer' }],
  [true, { 'journal.fact': { kind: 'ns', key: '^pid$' } }],
  [false, { 'journal.fact': { kind: 'ns', key: '^net$' } }],
  [true, { 'gate.pausedAt': 'rw-layer.mount-overlay' }],
  [true, { 'gate.pausedAt': 'rw-layer' }],
  [false, { 'gate.pausedAt': 'network' }],
  [true, { 'exec.ran': 'true' }],
  [true, { 'exec.ran': { command: '-x$' } }],
  [false, { 'exec.ran': 'bash' }],
  [true, { 'container.image': 'ubuntu' }],
  [true, { 'container.command': '^sleep' }],
  [true, { 'container.tty': true }],
  [true, { 'container.layers': { op: '>=', value: 4 } }],
  [true, { 'container.flag': { field: 'HostConfig.Memory', value: 67108864 } }],
  [true, { 'container.flag': { field: 'HostConfig.CapDrop', value: 'ALL' } }],
  [false, { 'container.flag': { field: 'HostConfig.CapDrop', value: 'KILL' } }],
  [true, { 'overlay.copiedUp': '/etc/passwd' }],
  [false, { 'overlay.copiedUp': '/new' }],
  [true, { 'overlay.created': '/new' }],
  [true, { 'overlay.whiteout': '/etc/shells' }],
  [false, { 'overlay.upperHas': '/etc/shells' }],
  [true, { 'overlay.opaque': '/dir' }],
  [true, { 'terminal.typed': '^echo' }],
  [true, { 'terminal.shows': '^1$' }],
  [true, { 'quiz.right': 1 }],
  [false, { 'quiz.right': 2 }],
  [false, { 'quiz.right': 'all' }],
  [true, { 'net.rule': 'masquerade' }],
  [true, { 'daemon.ended': 'asked' }],
  [false, { 'daemon.ended': 'killed' }],
  [true, { 'network.exists': 'front' }],
  [false, { 'network.exists': 'back' }],
  [true, { 'network.exists': { name: 'front', driver: 'macvlan' } }],
  [false, { 'network.exists': { name: 'front', driver: 'bridge' } }],
  [true, { 'network.ipv6': 'front' }],
  [false, { 'network.ipv6': 'back' }],
  [true, { 'container.network': 'front' }],
  [true, { 'container.network': { name: 'front', alias: 'www', ipv6: true } }],
  [false, { 'container.network': { name: 'front', alias: 'db' } }],
  [false, { 'container.network': 'back' }],
  [true, { 'container.finds': 'one' }],
  [true, { 'container.finds': 'www' }],
  [false, { 'container.finds': 'two' }],
  [false, { 'net.open': 80 }],
  [true, { 'container.port': 80 }],
  [true, { 'container.port': { port: 80, address: '127.0.0.1' } }],
  [false, { 'container.port': { port: 80, address: '0.0.0.0' } }],
  [false, { 'container.port': 81 }],
  [true, { 'container.published': true }],
  [false, { 'container.published': false }],
  [true, { 'volume.exists': 'store' }],
  [false, { 'volume.exists': 'stroe' }],
  [true, { 'volume.has': { volume: 'store', path: '/x' } }],
  [false, { 'volume.has': { volume: 'store', path: '/y' } }],
  [true, { 'container.volume': { at: '/data', name: 'store', writable: true } }],
  [false, { 'container.volume': { at: '/data', writable: false } }],
  [false, { 'container.volume': '/src' }],
  [true, { 'container.health': 'unhealthy' }],
  [false, { 'container.health': 'unchecked' }],
  [true, { 'container.logFiles': { op: '>', value: 2 } }],
  [false, { 'container.logFiles': 1 }],
  [true, { 'container.sees': { path: '/data/x', owner: 1000, type: 'file' } }],
  [false, { 'container.sees': { path: '/data/x', owner: 0 } }],
  [false, { 'container.sees': '/data/y' }],
  [true, { 'image.exists': 'app' }],
  [false, { 'image.exists': 'ape' }],
  [true, { 'image.has': { image: 'app', path: '/bin/app' } }],
  [false, { 'image.has': { image: 'app', path: '/key' } }],
  [true, { 'image.buried': { image: 'app', path: '/key' } }],
  [false, { 'image.buried': { image: 'app', path: '/bin/app' } }],
  [false, { 'image.buried': { image: 'app', path: '/none' } }],
  [true, { 'image.layers': { image: 'app', op: '<', value: 3 } }],
  [false, { 'image.layers': { image: 'ape', op: '<', value: 3 } }],
  [true, { 'image.made': { image: 'app', by: '^RUN make' } }],
  [false, { 'image.made': { image: 'app', by: 'COPY' } }],
  [true, { 'image.pushed': 'app' }],
  [true, { 'image.pushed': { image: 'app', blobs: { op: '<=', value: 2 } } }],
  [false, { 'image.pushed': { image: 'app', blobs: { op: '>', value: 6 } } }],
  [true, { 'image.work': { kind: 'load', image: 'web' } }],
  [true, { 'image.work': { kind: 'load', failed: true } }],
  [false, { 'image.work': { kind: 'load', image: 'web', failed: true } }],
  [false, { 'image.work': { kind: 'save' } }],
  [false, { 'host.port': 1 }],
  [true, { 'build.done': 'app' }],
  [true, { 'build.done': { image: 'app', kept: 'deps', ran: 'COPY src' } }],
  [false, { 'build.done': { image: 'app', kept: 'RUN' } }],
  [true, { 'build.done': { image: 'app', failed: true, ran: 'false' } }],
  [false, { 'build.done': { image: 'app', ran: 'false' } }],
  [true, { 'container.state': ['paused', 'running'], 'container.tty': true }],
  [false, { 'container.state': 'running', 'container.tty': false }],
  [true, { any: [{ 'container.tty': false }, { 'container.state': 'running' }] }],
  [true, { not: { 'container.state': 'exited' } }],
  [false, { all: [{ 'container.state': 'running' }, { not: { 'container.tty': true } }] }],
];
for (const [good, value] of cases)
  test(`the check ${JSON.stringify(value)} ${good ? 'holds' : 'does not hold'}`, async () =>
    assert.is(await check(value), good));

test('all of a check holds of one container; apart may be of two', async () => {
  const [one, other] = [
    subject(),
    subject({ id: 'b', typed: () => [], state: { ...subject().state, status: 'exited', exitCode: 3 } }),
  ];
  assert.not(await check({ 'container.exitCode': 3, 'terminal.typed': 'echo' }, one, other));
  assert.ok(await check({ apart: [{ 'container.exitCode': 3 }, { 'terminal.typed': 'echo' }] }, one, other));
});

test('without any container only what is about the machine holds', async () => {
  assert.not(await holds(readCheck({ not: { 'container.state': 'running' } }), look()));
  assert.ok(await holds(readCheck({ 'net.rule': 'masquerade' }), look()));
});

test('every check says in both languages what it wants', () => {
  for (const [, value] of cases) {
    const { en, ru } = wordsOf(readCheck(value));
    assert.ok(en.length > 5 && /[а-я]/.test(ru), JSON.stringify(value));
  }
  assert.ok(Object.keys(checks).length > 45);
});

test('a real journal from its beginning to its end fulfils what happened in it, and not before', async () => {
  const dir = 'test/web/fixtures';
  const [file] = readdirSync(dir).filter((name) => /\.ndjson(\.gz)?$/.test(name));
  assert.ok(file, `no journal in ${dir}`);
  const bytes = readFileSync(join(dir, file));
  const all = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
  const at = all.findIndex((one) => one.type === 'step' && one.step === 'create.clone3' && one.at === 'done');
  assert.ok(at > 0);
  assert.not(await check({ 'journal.step': 'create.clone3' }, subject({ events: all.slice(0, at) })));
  assert.ok(
    await check(
      { 'journal.step': 'create.clone3', 'journal.call': 'clone3_stage' },
      subject({ events: all.slice(0, at + 1) }),
    ),
  );
});

test.run();
