import * as assert from 'uvu/assert';
import { mkdirSync, readFileSync, readlinkSync as readlink, writeFileSync } from 'node:fs';
import { site } from './site.ts';
import { table } from './table.ts';

const s = await site('flags of rights');
const profile = () => {
  mkdirSync(`${s.daemon.root}/p`, { recursive: true });
  writeFileSync(
    `${s.daemon.root}/p/seccomp.json`,
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    }),
  );
  return `${s.daemon.root}/p/seccomp.json`;
};
const status = (...keys: string[]) => `grep -E "^(${keys.join('|')}):" /proc/self/status`;
/** A container cannot get capabilities that root on this machine lacks. */
const host = BigInt(`0x${/CapBnd:\s+(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`);
const mask = (bits: bigint) => (bits & host).toString(16).padStart(16, '0');
const DEFAULT = 0xa80425fbn;
const SYS_ADMIN = 1n << 21n;
const CHOWN = 1n;
const NET_RAW = 1n << 13n;
const sets = (bits: bigint) => `CapPrm:\t${mask(bits)}\nCapEff:\t${mask(bits)}\nCapBnd:\t${mask(bits)}\n`;
const three = status('CapPrm', 'CapEff', 'CapBnd');

table(s, [
  { name: "the capabilities are docker's fourteen", flags: [], script: three, out: sets(DEFAULT) },
  {
    name: '--cap-add gives one more',
    flags: ['--cap-add', 'SYS_ADMIN'],
    script: three,
    out: sets(DEFAULT | SYS_ADMIN),
  },
  {
    name: '--cap-drop takes one away',
    flags: ['--cap-drop', 'CAP_CHOWN'],
    script: `${three}; chown 1 /etc/motd`,
    out: sets(DEFAULT & ~CHOWN),
    err: /Operation not permitted/,
    code: 1,
  },
  {
    name: '--cap-drop ALL --cap-add NET_RAW leaves that one',
    flags: ['--cap-drop', 'ALL', '--cap-add', 'NET_RAW'],
    script: three,
    out: sets(NET_RAW),
  },
  {
    name: 'another user has no effective capabilities, but may not gain more than the bounding set',
    flags: ['-u', 'nobody'],
    script: status('CapEff', 'CapBnd', 'CapAmb'),
    out: `CapEff:\t${mask(0n)}\nCapBnd:\t${mask(DEFAULT)}\nCapAmb:\t${mask(0n)}\n`,
  },
  {
    name: 'the system call filter is on',
    flags: [],
    script: status('Seccomp', 'NoNewPrivs'),
    out: 'NoNewPrivs:\t0\nSeccomp:\t2\n',
  },
  {
    name: "--security-opt no-new-privileges is the kernel's flag",
    flags: ['--security-opt', 'no-new-privileges'],
    script: status('NoNewPrivs', 'Seccomp'),
    out: 'NoNewPrivs:\t1\nSeccomp:\t2\n',
  },
  {
    name: '--security-opt seccomp=unconfined is no filter',
    flags: ['--security-opt', 'seccomp=unconfined'],
    script: status('Seccomp'),
    out: 'Seccomp:\t0\n',
  },
  {
    name: '--security-opt seccomp=FILE is that filter',
    flags: () => ['--security-opt', `seccomp=${profile()}`],
    script: `${status('Seccomp')}; mkdir /x; touch /y && echo rest`,
    out: 'Seccomp:\t2\nrest\n',
    err: /mkdir: cannot create directory.*Operation not permitted/,
  },
  {
    name: '--privileged has every capability, no filter, and may mount',
    flags: ['--privileged'],
    script: `${three}; ${status('Seccomp')}; mount -t tmpfs none /mnt && echo mounted; test -w /proc/sys/kernel/hostname && echo open; ls /dev | grep -c kmsg`,
    out: `${sets((1n << 41n) - 1n)}Seccomp:\t0\nmounted\nopen\n1\n`,
  },
  {
    name: '--privileged with another user leaves the bounding set',
    flags: ['--privileged', '-u', 'nobody'],
    script: status('CapEff', 'CapBnd'),
    out: `CapEff:\t${mask(0n)}\nCapBnd:\t${mask((1n << 41n) - 1n)}\n`,
  },
  {
    name: '--cap-add SYS_ADMIN may mount',
    flags: ['--cap-add', 'SYS_ADMIN'],
    script: 'mount -t tmpfs none /mnt && stat -f -c %T /mnt',
    out: 'tmpfs\n',
  },
  {
    name: '--security-opt systempaths=unconfined uncovers /proc',
    flags: ['--security-opt', 'systempaths=unconfined'],
    script: 'grep -c " /proc/" /proc/self/mountinfo',
    out: '0\n',
    code: 1,
  },
  {
    name: "--pid host sees the host's processes",
    flags: ['--pid', 'host'],
    script: 'readlink /proc/self/ns/pid',
    out: () => `${ns('pid')}\n`,
  },
  {
    name: "--uts host and --ipc host are the host's",
    flags: ['--uts', 'host', '--ipc', 'host'],
    script: 'readlink /proc/self/ns/uts /proc/self/ns/ipc',
    out: () => `${ns('uts')}\n${ns('ipc')}\n`,
  },
  {
    name: "--cgroupns host is the host's",
    flags: ['--cgroupns', 'host'],
    script: 'readlink /proc/self/ns/cgroup',
    out: () => `${ns('cgroup')}\n`,
  },
]);

function ns(type: string): string {
  return readlink(`/proc/self/ns/${type}`);
}

s.test("every namespace differs from the host's, but for user and time", async () => {
  const out = await s.daemon.ok(
    'run',
    '--rm',
    'ubuntu',
    'sh',
    '-c',
    'for n in mnt uts ipc net pid cgroup user; do readlink /proc/self/ns/$n; done',
  );
  const inside = out.split('\n');
  const types = ['mnt', 'uts', 'ipc', 'net', 'pid', 'cgroup', 'user'];
  assert.equal(
    types.filter((type, j) => inside[j] === ns(type)),
    ['user'],
  );
});

s.test("the journal tells what execve left of another user's capabilities, as the kernel has it", async () => {
  for (const [user, effective] of [
    ['1000', 0n],
    ['0', DEFAULT & host],
  ] as const) {
    const id = await s.daemon.ok('run', '-d', '-u', user, 'ubuntu', 'sleep', '60');
    const events = (await s.daemon.ok('trace', '--json', id))
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; facts?: { kind: string; key: string; value: string }[] });
    const told =
      events
        .filter(({ type }) => type === 'fact')
        .flatMap(({ facts = [] }) => facts)
        .filter(({ kind, key }) => kind === 'security' && key === 'capabilities')
        .at(-1)?.value ?? '';
    const { State } = (JSON.parse(await s.daemon.ok('inspect', id)) as [{ State: { Pid: number } }])[0];
    const kernel = readFileSync(`/proc/${State.Pid}/status`, 'utf8');
    for (const [name, field] of [
      ['effective', 'CapEff'],
      ['permitted', 'CapPrm'],
      ['bounding', 'CapBnd'],
      ['ambient', 'CapAmb'],
    ]) {
      assert.is(
        new RegExp(`\\b${name}=(\\w+)`).exec(told)?.[1]?.padStart(16, '0'),
        new RegExp(`^${field}:\\s+(\\w+)$`, 'm').exec(kernel)?.[1],
        `${name} of user ${user}`,
      );
    }
    assert.match(told, new RegExp(`effective=${effective.toString(16)}\\b`));
    await s.daemon.ok('rm', '-f', id);
  }
});

s.test('--userns private maps root inside to nobody of importance outside', async () => {
  const running = await s.daemon.ok(
    'run',
    '-d',
    '--name',
    'mapped',
    '--userns',
    'private',
    'ubuntu',
    'sh',
    '-c',
    'touch /mine; exec sleep 60',
  );
  const [{ State }] = JSON.parse(await s.daemon.ok('inspect', running)) as [{ State: { Pid: number } }];
  const map = readFileSync(`/proc/${State.Pid}/uid_map`, 'utf8').trim().split(/\s+/);
  assert.is.not(readlink(`/proc/${State.Pid}/ns/user`), ns('user'));
  assert.is(map[0], '0');
  assert.is(
    await s.daemon.ok('exec', 'mapped', 'sh', '-c', 'id -u; stat -c %u /mine; readlink /proc/self/ns/user'),
    `0\n0\n${readlink(`/proc/${State.Pid}/ns/user`)}`,
  );
  await s.daemon.ok('rm', '-f', 'mapped');
});

s.test.run();
