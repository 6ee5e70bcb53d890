/** The read-only commands of the real docker client: lists, inspect, logs, events, stats, images. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Served } from './serve.ts';

const test = suite('docker ps, logs, inspect and the rest over the Engine API', 'docker');
let s: Served;
test.before(async () => {
  s = new Served();
  await s.docker(
    'run',
    '-d',
    '--name',
    'up',
    '--label',
    'team=blue',
    '-v',
    '/srv:/data:ro',
    '-m',
    '64m',
    'ubuntu',
    'sleep',
    '100',
  );
  await s.docker(
    'run',
    '--name',
    'done',
    'ubuntu',
    'sh',
    '-c',
    'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; exit 3',
  );
  await s.docker('create', '--name', 'fresh', 'ubuntu', 'true');
});
test.after(() => s.close());
const lines = async (...args: string[]) => (await s.docker(...args)).out.trim().split('\n').filter(Boolean);

test('version names both sides and the API they agreed on', async () => {
  assert.equal(
    await lines(
      'version',
      '--format',
      '{{.Client.APIVersion}} {{.Server.APIVersion}} {{.Server.MinAPIVersion}} {{.Server.Os}} {{.Server.Platform.Name}}',
    ),
    ['1.50 1.50 1.24 linux Drydock'],
  );
  assert.match((await s.docker('version')).out, /API version: +1\.50 \(minimum version 1\.24\)/);
});

test('info counts containers and names the drivers', async () => {
  const { out, err } = await s.docker('info');
  assert.match(out, /Containers: 3\n +Running: 1\n +Paused: 0\n +Stopped: 2\n +Images: 1/);
  assert.match(out, 'Storage Driver: overlay2');
  assert.is(err, '');
});

test('ps shows what runs, -a all, newest first', async () => {
  assert.equal(
    await lines('ps', '--format', '{{.Names}}|{{.Image}}|{{.Command}}|{{.State}}|{{.Mounts}}|{{.Networks}}'),
    ['up|ubuntu|"sleep 100"|running|/srv|bridge'],
  );
  assert.match(
    (await lines('ps', '-a', '--format', '{{.Names}} {{.Status}}')).join('\n'),
    /^fresh Created\ndone Exited \(3\) .* ago\nup Up .*$/,
  );
  assert.equal(await lines('ps', '-n', '1', '--format', '{{.Names}}'), ['fresh']);
  assert.match((await lines('ps', '-as', '--format', '{{.Names}} {{.Size}}'))[0]!, /^fresh 1\.23kB \(virtual 3MB\)$/);
});

const filtered: [string[], string[]][] = [
  [['status=exited'], ['done']],
  [
    ['status=created', 'status=running'],
    ['fresh', 'up'],
  ],
  [['label=team=blue'], ['up']],
  [['label=team'], ['up']],
  [['label=team=red'], []],
  [['label=origin=test', 'name=^/?up$'], ['up']],
  [['name=^d'], ['done']],
  [['exited=3'], ['done']],
  [['ancestor=ubuntu'], ['fresh', 'done', 'up']],
  [['ancestor=nope'], []],
  [['since=up'], ['fresh', 'done']],
  [['before=done'], ['up']],
  [['network=bridge'], ['fresh', 'done', 'up']],
  [['network=host'], []],
  [['volume=/srv'], ['up']],
];
for (const [filters, names] of filtered) {
  test(`ps -a --filter ${filters.join(' --filter ')} shows ${names.join(', ') || 'nothing'}`, async () => {
    assert.equal(await lines('ps', '-a', ...filters.flatMap((f) => ['--filter', f]), '--format', '{{.Names}}'), names);
  });
}

test('an unknown filter is refused by name, and so is a pattern that never ends', async () => {
  // Without the refusal, docker would be killed after a minute.
  assert.match((await s.docker('ps', '--filter', 'colour=red')).err, "invalid filter 'colour'");
  assert.match((await s.docker('ps', '--filter', 'status=lost')).err, "invalid filter 'status=lost'");
  await s.docker('create', '--name', 'a'.repeat(60), 'ubuntu', 'true');
  assert.match((await s.docker('ps', '-a', '--filter', 'name=^(a+)+b$')).err, 'takes too long');
  await s.docker('rm', 'a'.repeat(60));
});

test('logs keep the streams apart, count from the end, date lines and follow', async () => {
  assert.equal(await s.docker('logs', 'done'), { code: 0, out: 'one\nthree\n', err: 'two\n' });
  assert.equal((await s.docker('logs', '--tail', '1', 'done')).out, 'three\n');
  assert.equal(await s.docker('logs', '--tail', '0', 'done'), { code: 0, out: '', err: '' });
  assert.match((await s.docker('logs', '-t', 'done')).out, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n/);
  assert.equal((await s.docker('logs', '--since', '1h', 'done')).out, 'one\nthree\n');
  await s.docker('run', '-d', '--name', 'slow', 'ubuntu', 'sh', '-c', 'echo a; sleep 0.7; echo b');
  assert.equal((await s.docker('logs', '-f', 'slow')).out, 'a\nb\n');
  await s.docker('rm', 'slow');
});

test('inspect has the shape that scripts rely on', async () => {
  const [it] = JSON.parse((await s.docker('inspect', 'up')).out) as [Record<string, Record<string, unknown>>];
  assert.is(it['Name'] as unknown, '/up');
  assert.is(it['State']!['Running'], true);
  assert.match(String(it['State']!['StartedAt']), /^\d{4}-/);
  assert.is(it['State']!['FinishedAt'], '0001-01-01T00:00:00Z');
  assert.equal(it['Config']!['Env'], ['PATH=/usr/bin:/bin', 'FROM_IMAGE=1']);
  assert.equal(it['Config']!['Labels'], { origin: 'test', team: 'blue' });
  assert.is(it['HostConfig']!['Memory'], 64 * 1024 * 1024);
  assert.is(it['HostConfig']!['NetworkMode'], 'bridge');
  assert.equal(it['Mounts'] as unknown, [
    { Type: 'bind', Source: '/srv', Destination: '/data', Mode: 'ro', RW: false, Propagation: 'rprivate' },
  ]);
  assert.equal(
    await lines(
      'inspect',
      '-f',
      '{{.NetworkSettings.IPAddress}} {{range .NetworkSettings.Networks}}{{.Gateway}}{{end}} {{.State.ExitCode}}',
      'up',
      'done',
    ),
    ['172.30.0.2 172.30.0.1 0', '  3'],
  );
  assert.equal(await lines('inspect', '-s', '-f', '{{.SizeRw}}', 'up'), ['1234']);
});

test('inspect finds images and networks too, and says when there is nothing', async () => {
  assert.equal(await lines('inspect', '-f', '{{.RepoTags}}', 'ubuntu'), ['[ubuntu:latest]']);
  assert.equal(await lines('inspect', '-f', '{{.Driver}}', 'host'), ['host']);
  assert.match((await s.docker('inspect', 'nothing')).err, /no such object: nothing/i);
});

test('images, history, tag and rmi', async () => {
  assert.equal(await lines('images', '--format', '{{.Repository}}:{{.Tag}} {{.Size}} {{.ID}}'), [
    'ubuntu:latest 3MB aaaaaaaaaaaa',
  ]);
  assert.equal(await lines('history', '--format', '{{.ID}}|{{.CreatedBy}}|{{.Size}}', 'ubuntu'), [
    'aaaaaaaaaaaa|RUN practice|2MB',
    '<missing>|CMD ["/bin/sh"]|0B',
    '<missing>|ADD rootfs|1MB',
  ]);
  assert.is((await s.docker('tag', 'ubuntu', '127.0.0.1:5055/library/ubuntu:v1')).code, 0);
  assert.equal(await lines('images', '-q', '127.0.0.1:5055/library/ubuntu'), ['aaaaaaaaaaaa']);
  assert.equal(await lines('images', '-q', '127.0.0.1:5055/*'), []);
  assert.equal(await lines('image', 'inspect', '-f', '{{.Architecture}}', '127.0.0.1:5055/library/ubuntu:v1'), [
    'amd64',
  ]);
  assert.match((await s.docker('rmi', 'ubuntu')).err, 'container');
  assert.equal(await lines('rmi', '-f', '127.0.0.1:5055/library/ubuntu:v1'), [
    'Untagged: 127.0.0.1:5055/library/ubuntu:v1',
  ]);
  assert.match((await s.docker('tag', 'nope', 'x')).err, 'No such image: nope:latest');
  assert.equal(await lines('images', '-q', '--filter', 'dangling=true'), []);
  assert.equal(await lines('images', '-q', '--filter', 'label=origin=test'), ['aaaaaaaaaaaa']);
});

test('pull shows progress and status; a missing one and a cut one fail', async () => {
  const pulled = await lines('pull', 'busybox:1.36');
  assert.equal(
    [pulled[0], pulled.at(-2), pulled.at(-1)],
    [
      '1.36: Pulling from library/busybox',
      'Status: Downloaded newer image for busybox:1.36',
      'docker.io/library/busybox:1.36',
    ],
  );
  assert.match((await s.docker('pull', 'busybox:1.36')).out, 'Image is up to date for busybox:1.36');
  const missing = await s.docker('pull', 'nope');
  assert.equal(
    [missing.code, missing.err],
    [1, 'Error response from daemon: manifest for nope:latest not found: manifest unknown: manifest unknown\n'],
  );
  const cut = await s.docker('pull', 'cut');
  assert.equal([cut.code, cut.err], [1, 'unexpected EOF\n']);
});

test('stats computes from two samples; top lists processes; diff the changes', async () => {
  assert.match(
    (
      await s.docker(
        'stats',
        '--no-stream',
        '--format',
        '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.NetIO}} {{.BlockIO}} {{.PIDs}}',
        'up',
      )
    ).out,
    /^up \d+\.\d+% 3\.815MiB \/ 61\.04MiB 1kB \/ 2kB 2kB \/ 0B 3\n$/,
  );
  assert.match((await s.docker('stats', '--no-stream', '-a', '--format', '{{.Name}}')).out, /done/);
  assert.match((await s.docker('top', 'up')).out, /^PID +CMD\n\d+ +sleep 100\n$/);
  assert.match((await s.docker('top', 'done')).err, 'is not running');
  assert.equal(await lines('diff', 'up'), ['A /b']);
});

test('events tell what happened between two times, filtered', async () => {
  const all = await lines(
    'events',
    '--since',
    '1h',
    '--until',
    '0s',
    '--format',
    '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}',
  );
  assert.ok(
    all.includes('container start up') && all.includes('container die done') && all.includes('image pull busybox'),
  );
  assert.equal(
    await lines(
      'events',
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      'container=done',
      '--filter',
      'event=die',
      '--format',
      '{{.Action}} {{.Actor.Attributes.exitCode}}',
    ),
    ['die 3'],
  );
  assert.equal(
    await lines(
      'events',
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      'label=team=blue',
      '--filter',
      'type=container',
      '--format',
      '{{.Action}}',
    ),
    ['create', 'start'],
  );
});

test('events follow until their time comes', async () => {
  const now = Math.floor(Date.now() / 1000);
  // With --since, because events before the client has connected must be included.
  const following = lines(
    'events',
    '--since',
    String(now),
    '--until',
    String(now + 6),
    '--filter',
    'container=seen',
    '--format',
    '{{.Action}}',
  );
  await s.docker('run', '--rm', '--name', 'seen', 'ubuntu', 'true');
  assert.equal(await following, ['create', 'start', 'die', 'destroy']);
});

test('update changes limits; system df adds up; networks and volumes are listed', async () => {
  await s.docker('update', '--memory', '128m', '--memory-swap', '-1', 'up');
  assert.is(s.engine.container('up').container.request.HostConfig.Memory, 128 * 1024 * 1024);
  assert.match((await s.docker('system', 'df')).out, /Images +2 +1 +\S+ /);
  assert.equal(await lines('network', 'ls', '--format', '{{.Name}} {{.Driver}}'), [
    'bridge bridge',
    'host host',
    'none null',
  ]);
  assert.equal(
    await lines(
      'network',
      'inspect',
      '-f',
      '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}} {{len .Containers}}',
      'bridge',
    ),
    ['172.30.0.0/16 172.30.0.1 1'],
  );
  assert.equal(await lines('volume', 'ls', '-q'), []);
});

test('prune removes what has ended, and images that nothing needs', async () => {
  const pruned = await s.docker('container', 'prune', '-f');
  assert.match(pruned.out, /Total reclaimed space: 2\.468kB/);
  assert.equal(await lines('ps', '-a', '--format', '{{.Names}}'), ['up']);
  assert.match((await s.docker('image', 'prune', '-af')).out, 'busybox:1.36');
  assert.is((await s.docker('system', 'prune', '-f')).code, 0);
});

const absent: [string[], string][] = [
  [['search', 'x'], 'no index answers'],
  [['swarm', 'init'], 'Drydock is one machine'],
  [['swarm', 'leave'], 'This node is not part of a swarm'],
  [['service', 'ls'], 'This node is not a swarm manager'],
  [['plugin', 'install', '--grant-all-permissions', 'x'], 'Drydock has no plugins'],
  [['plugin', 'enable', 'x'], 'plugin "x" not found'],
];
for (const [args, what] of absent) {
  test(`docker ${args.slice(0, 2).join(' ')} fails, and says why`, async () => {
    const ran = await s.docker(...args);
    assert.is.not(ran.code, 0);
    assert.match(ran.err, what);
  });
}

test.run();
