import * as assert from 'uvu/assert';
import { site } from './site.ts';
import { table } from './table.ts';

const s = await site('flags of limits');
const v1 = ['cgroup1'];
const cat = (...files: string[]) => `cd /sys/fs/cgroup; cat ${files.join(' ')}`;

table(s, [
  {
    name: '--memory and --memory-swap are what the kernel enforces',
    needs: v1,
    flags: ['--memory', '64m', '--memory-swap', '64m'],
    script: cat('memory/memory.limit_in_bytes', 'memory/memory.memsw.limit_in_bytes'),
    out: '67108864\n67108864\n',
  },
  {
    name: '--memory alone allows as much swap again',
    needs: v1,
    flags: ['-m', '64m'],
    script: cat('memory/memory.memsw.limit_in_bytes'),
    out: '134217728\n',
  },
  {
    name: '--memory-reservation is the soft limit',
    needs: v1,
    flags: ['-m', '64m', '--memory-reservation', '32m'],
    script: cat('memory/memory.soft_limit_in_bytes'),
    out: '33554432\n',
  },
  {
    name: 'who takes more than --memory is killed, 137',
    flags: ['-m', '32m', '--memory-swap', '32m'],
    command: ['perl', '-e', '$x = "x" x (1 << 20) for 1; push @l, "$x" x 1 . $_ for 1..200'],
    code: 137,
  },
  {
    name: '--cpus is quota over period',
    needs: v1,
    flags: ['--cpus', '0.5'],
    script: cat('cpu/cpu.cfs_quota_us', 'cpu/cpu.cfs_period_us'),
    out: '50000\n100000\n',
  },
  {
    name: '--cpu-period and --cpu-quota are taken as they are',
    needs: v1,
    flags: ['--cpu-period', '50000', '--cpu-quota', '20000'],
    script: cat('cpu/cpu.cfs_quota_us', 'cpu/cpu.cfs_period_us'),
    out: '20000\n50000\n',
  },
  {
    name: '--cpu-shares is the weight',
    needs: v1,
    flags: ['--cpu-shares', '512'],
    script: cat('cpu/cpu.shares'),
    out: '512\n',
  },
  {
    name: '--cpuset-cpus leaves one cpu',
    flags: ['--cpuset-cpus', '0'],
    script: 'grep Cpus_allowed_list /proc/self/status; nproc',
    out: 'Cpus_allowed_list:\t0\n1\n',
  },
  {
    name: '--pids-limit holds back a fork',
    flags: ['--pids-limit', '6'],
    script: 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo never',
    code: 2,
    err: /[Cc]annot fork/,
  },
  {
    name: '--pids-limit is the number in the group',
    needs: v1,
    flags: ['--pids-limit', '77'],
    script: cat('pids/pids.max'),
    out: '77\n',
  },
  {
    name: '--pids-limit -1 is none',
    needs: v1,
    flags: ['--pids-limit', '-1'],
    script: cat('pids/pids.max'),
    out: 'max\n',
  },
  {
    name: 'a device is throttled by its number',
    needs: v1,
    flags: () => ['--device-read-bps', `${disk()}:1mb`, '--device-write-iops', `${disk()}:100`],
    script: cat('blkio/blkio.throttle.read_bps_device', 'blkio/blkio.throttle.write_iops_device'),
    out: /^\d+:\d+ 1048576\n\d+:\d+ 100\n$/,
  },
  {
    name: 'without limits there are none',
    needs: v1,
    flags: [],
    script: cat('memory/memory.limit_in_bytes', 'cpu/cpu.cfs_quota_us', 'pids/pids.max'),
    out: /^9223372036854771712\n-1\nmax\n$/,
  },
  {
    name: 'the group seen inside is /, and cannot be written',
    flags: ['--cgroupns', 'private'],
    script: 'cut -d: -f3 /proc/self/cgroup | sort -u; echo 1 >/sys/fs/cgroup/pids/cgroup.procs',
    needs: v1,
    out: '/\n',
    err: /Read-only file system/,
    code: 2,
  },
]);

function disk(): string {
  return '/dev/vda';
}

s.test("update changes a running container's limits in the kernel", async () => {
  await s.daemon.ok(
    'run',
    '-d',
    '--name',
    'changing',
    '-m',
    '64m',
    '--memory-swap',
    '64m',
    '--pids-limit',
    '100',
    'ubuntu',
    'sleep',
    '60',
  );
  assert.is(
    (
      await s.daemon.docker(
        'update',
        '--memory',
        '96m',
        '--memory-swap',
        '96m',
        '--pids-limit',
        '50',
        '--cpu-shares',
        '333',
        'changing',
      )
    ).out,
    'changing\n',
  );
  assert.is(
    await s.daemon.ok(
      'exec',
      'changing',
      'sh',
      '-c',
      cat('memory/memory.limit_in_bytes', 'pids/pids.max', 'cpu/cpu.shares'),
    ),
    '100663296\n50\n333',
  );
  await s.daemon.ok('update', '--memory', '48m', '--memory-swap', '48m', 'changing');
  assert.is(await s.daemon.ok('exec', 'changing', 'sh', '-c', cat('memory/memory.limit_in_bytes')), '50331648');
  await s.daemon.ok('restart', '-t', '0', 'changing');
  assert.is(
    await s.daemon.ok('exec', 'changing', 'sh', '-c', cat('memory/memory.limit_in_bytes')),
    '50331648',
    'and it stays after a restart',
  );
  await s.daemon.ok('rm', '-f', 'changing');
});

s.test('that memory ran out is noticed', async () => {
  const ran = await s.daemon.cli(
    'run',
    '--name',
    'hungry',
    '-m',
    '16m',
    '--memory-swap',
    '16m',
    'ubuntu',
    'perl',
    '-e',
    '$x = "x" x (1 << 26); print length $x',
  );
  assert.is(ran.code, 137, ran.err);
  assert.is(
    (await s.daemon.docker('inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}}', 'hungry')).out,
    'true 137\n',
  );
  await s.daemon.ok('rm', 'hungry');
  await s.daemon.cli('run', '--name', 'sated', 'ubuntu', 'sh', '-c', 'kill -9 $$; perl -e "kill 9, getppid"; exit 137');
  assert.is(
    (await s.daemon.docker('inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}}', 'sated')).out,
    'false 137\n',
    'without OOM the same code is no OOM',
  );
  await s.daemon.ok('rm', 'sated');
});

s.test.run();
