/**
 * The cgroup namespace of a container: private on cgroup v2; on v1 the host's for containers created over the API, as
 * with dockerd.
 */
import { existsSync, readlinkSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('the cgroup namespace', { images: ['tiny'] });
const v1 = existsSync('/sys/fs/cgroup/memory');
const host = readlinkSync('/proc/self/ns/cgroup');
const HERE = ['/bin/busybox', 'readlink', '/proc/self/ns/cgroup'];

const mode = async (name: string): Promise<unknown> =>
  (await s.daemon.json<{ HostConfig: { CgroupnsMode: string } }>(`/containers/${name}/json`)).HostConfig.CgroupnsMode;

for (const [client, asked, meant] of [
  ['docker', undefined, v1 ? 'host' : 'private'],
  ['docker', 'host', 'host'],
  ['docker', 'private', 'private'],
  ['drydock', undefined, 'private'],
  ['drydock', 'host', 'host'],
  ['drydock', 'private', 'private'],
] as const) {
  s.test(`${client}, --cgroupns ${asked ?? 'not given'}: ${meant}`, async () => {
    const name = `${client}-${asked ?? 'default'}`;
    const flags = asked ? ['--cgroupns', asked] : [];
    const { out, err } = await s.daemon.client(client, ['run', '--name', name, ...flags, 'tiny', ...HERE]);
    assert.is(await mode(name), meant, err);
    assert.is(out.trim() === host, meant === 'host', `${out} and the host's ${host}`);
    await s.daemon.ok('rm', '-f', name);
  });
}

if (v1) {
  const MOUNTS = [
    '/bin/busybox',
    'awk',
    '$5 ~ "^/sys/fs/cgroup/" { split($6, o, ","); print $5, $4, o[1] }',
    '/proc/self/mountinfo',
  ];
  s.test(
    "in the host's namespace each hierarchy shows the container's own group alone, not the host's tree",
    async () => {
      for (const client of clients) {
        for (const [flags, access] of [
          [[], 'ro'],
          [['--privileged'], 'rw'],
        ] as const) {
          const script = ['sh', '-c', 'cat /proc/self/cgroup; echo --; "$@"', 'sh', ...MOUNTS];
          const { out, err } = await s.daemon.client(client, [
            'run',
            '--rm',
            '--cgroupns',
            'host',
            '-m',
            '64m',
            ...flags,
            'tiny',
            '/bin/busybox',
            ...script,
          ]);
          const [groups = '', mounts = ''] = out.split('--\n');
          const path = /^\d+:memory:(\/.+)$/m.exec(groups)?.[1];
          assert.match(path ?? '', /\/[0-9a-f]{64}$/, err);
          const rows = mounts
            .trim()
            .split('\n')
            .map((line) => line.split(' '));
          assert.ok(
            rows.some(([at]) => at === '/sys/fs/cgroup/memory'),
            mounts,
          );
          for (const [at, root, how] of rows)
            assert.equal([root?.endsWith(path!.slice(-64)), how], [true, access], `${at}: ${root} ${how}`);
        }
      }
    },
  );

  s.test('there it reads its own limit, and may not write it', async () => {
    const script = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes; echo 1 > /sys/fs/cgroup/memory/cgroup.procs';
    const { out, err } = await s.daemon.client('docker', [
      'run',
      '--rm',
      '-m',
      '64m',
      'tiny',
      '/bin/busybox',
      'sh',
      '-c',
      script,
    ]);
    assert.is(out, `${64 << 20}\n`);
    assert.match(err, /Read-only file system/);
  });
}

s.test.run();
