import * as assert from 'uvu/assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { socket32, socketcall } from '../oci/seccomp/elf32.ts';
import { site } from './site.ts';
import { table } from './table.ts';

const s = await site('what a container cannot do');
const perl = (code: string) => ({ command: ['perl', '-e', code] });
const secret = () => {
  writeFileSync('/tmp/drydock-outside', 'outside');
  return [];
};

table(s, [
  {
    name: 'the root cannot be left by ..',
    flags: [],
    script: 'cd /; cd ../../../../..; pwd -P; test "$(stat -c %i .)" = "$(stat -c %i /)" && echo same',
    out: '/\nsame\n',
  },
  {
    name: 'chroot(2) and .. do not lead out either',
    flags: secret,
    ...perl(
      'mkdir "/j"; chroot "/j" or die; chdir ".." for 1..64; chroot "."; print -e "tmp/drydock-outside" ? "out" : "in"',
    ),
    out: 'in',
  },
  {
    name: 'nothing of the host is in the mount table',
    flags: [],
    script:
      'grep -vE " (/|/proc|/dev|/sys|/etc)[ /]" /proc/self/mountinfo; cut -d" " -f5 /proc/self/mountinfo | sort | uniq -d',
    out: '',
  },
  {
    name: 'mounts do not propagate',
    flags: [],
    script: 'grep -cE "shared:|master:" /proc/self/mountinfo',
    out: '0\n',
    code: 1,
  },
  {
    name: 'no descriptor is open but the three, and the directory being listed',
    flags: [],
    script: 'ls /proc/self/fd | tr "\\n" " "; ls -l /proc/1/fd | grep -c /',
    out: /^0 1 2 3 \d\n$/,
  },
  {
    name: 'the three descriptors lead to pipes and /dev/null only',
    flags: [],
    ...perl('print join ",", map { my $l = readlink "/proc/self/fd/$_"; $l =~ s/\\d+//g; $l } 0..2'),
    out: /^(pipe:\[\]|\/dev\/null),pipe:\[\],pipe:\[\]$/,
  },
  {
    name: 'what must not be read in /proc and /sys is covered',
    flags: [],
    script:
      'for f in /proc/kcore /proc/keys /proc/timer_list /proc/sysrq-trigger; do test -e $f && head -c1 $f | wc -c; done; ls -A /proc/scsi /sys/firmware /proc/acpi 2>/dev/null | grep -v :$ | grep .',
    out: /^(0\n)+$/,
    code: 1,
  },
  {
    name: 'kernel settings are read-only',
    flags: [],
    script:
      'for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/profiling; do (echo 1 >$f) 2>/dev/null && echo wrote $f; done; grep -E " /proc/(bus|fs|irq|sys|sysrq-trigger) " /proc/mounts | grep -vc " ro,"',
    out: '0\n',
    code: 1,
  },
  {
    name: 'the pid namespace shows itself only',
    flags: [],
    script: 'ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm; kill -0 2 2>/dev/null || true',
    out: /^[1-4]\nsh\n$/,
  },
  {
    name: 'the shim and the daemon cannot be reached by signal or ptrace',
    flags: [],
    ...perl('print kill(0, 1), " ", join(",", grep { kill 0, $_ } 2..400)'),
    out: '1 ',
  },
  {
    name: 'mount is refused',
    flags: [],
    script: 'mount -t tmpfs none /mnt',
    err: /permission denied|Operation not permitted|must be superuser/,
    code: 32,
  },
  {
    name: 'a new user namespace is refused',
    flags: [],
    script: 'unshare -U true',
    err: /Operation not permitted/,
    code: 1,
  },
  {
    name: 'a new mount namespace is refused',
    flags: [],
    script: 'unshare -m true',
    err: /Operation not permitted/,
    code: 1,
  },
  {
    name: "the host's clock, module loading, reboot, bpf, keyctl and open_by_handle_at are refused",
    flags: [],
    ...perl(
      'for (227, 175, 169, 321, 250, 304, 246, 298) { my $r = syscall($_, 0, 0, 0, 0, 0); print "$_ let through\\n" unless $r == -1 && $!{EPERM} }',
    ),
    out: '',
  },
  {
    name: "a node of the host's disk can be made but not opened",
    flags: [],
    script: 'mknod /tmp/disk b 254 0; head -c1 /tmp/disk',
    err: /Operation not permitted/,
    code: 1,
  },
  {
    name: 'nor /dev/mem nor a virtual console',
    flags: [],
    script: 'mknod /tmp/m c 1 1; head -c1 /tmp/m; mknod /tmp/c c 4 0; head -c1 /tmp/c',
    err: /^(head: .*Operation not permitted\n){2}$/,
    code: 1,
  },
  {
    name: 'raw writes to the cgroup file systems are refused',
    flags: [],
    script:
      'find /sys/fs/cgroup -name release_agent -writable; for f in $(find /sys/fs/cgroup -name notify_on_release); do (echo 1 >$f) 2>/dev/null && echo wrote $f; done; true',
    out: '',
  },
  {
    name: 'another user cannot become root by a set-uid program under no-new-privileges',
    flags: ['-u', 'nobody', '--security-opt', 'no-new-privileges'],
    script: 'cp /usr/bin/id /tmp/; su -c id root </dev/null',
    code: 1,
    err: /./,
  },
  {
    name: "the session keyring is the container's own",
    flags: [],
    script: 'test -e /proc/keys && wc -c </proc/keys',
    out: '0\n',
  },
  {
    name: 'the umask is the usual one, and no signal is blocked or ignored',
    flags: [],
    script: 'umask; grep -E "^Sig(Blk|Ign)" /proc/self/status',
    out: /^0022\nSigBlk:\t0{16}\nSigIgn:\t0{16}\n$/,
  },
  {
    name: 'no path of the host is in environment or command line',
    flags: [],
    script: 'tr "\\0" "\\n" </proc/1/environ | cut -d= -f1 | sort | tr "\\n" " "',
    out: 'HOME HOSTNAME PATH ',
  },
]);

/**
 * The answer of socket(2) per family: the seccomp filter gives EPERM, the kernel gives EAFNOSUPPORT for a family that
 * it lacks.
 */
const socket = (families: string) =>
  perl(
    `for my $f (${families}) { my $r = syscall(${process.arch === 'arm64' ? 198 : 41}, $f, 1, 0); print "$f ", ($r == -1 ? $! + 0 : "opened"), "\\n" }`,
  );
const bits = [0n, 1n << 32n, 1n << 62n, 0x7fffffffn << 32n];
const denied = bits.flatMap((high) => [38n, 40n].map((family) => high | family));

table(s, [
  {
    name: 'AF_ALG and AF_VSOCK are refused, whatever stands in the half of the argument that the kernel does not look at',
    flags: [],
    ...socket(denied.join(', ')),
    out: denied.map((family) => `${family} 1\n`).join(''),
  },
  {
    name: 'unix and internet sockets are not refused, also with such bits',
    flags: [],
    ...socket('1, 2, 4294967297, 4294967298'),
    out: /^(\d+ opened\n){4}$/,
  },
  {
    name: "a profile of one's own compares what the kernel does, too",
    flags: () => ['--security-opt', `seccomp=${vsockProfile()}`],
    ...socket('40, 4294967336, 2'),
    out: '40 1\n4294967336 1\n2 opened\n',
  },
]);

function vsockProfile(): string {
  const file = `${s.daemon.root}/vsock.json`;
  writeFileSync(
    file,
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['socket'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 40, op: 'SCMP_CMP_EQ' }] }],
    }),
  );
  return file;
}

const OPENED_3 = 253;
function runs32Bit(): boolean {
  const dir = mkdtempSync('/tmp/ddtest-i386-');
  try {
    writeFileSync(`${dir}/inet`, socketcall(2, 1), { mode: 0o755 });
    return spawnSync(`${dir}/inet`).status === OPENED_3;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

s.test(
  runs32Bit() ? [] : ['a kernel that runs 32-bit programs'],
  'a 32-bit program makes no socket by socketcall, unless the container is given it, and none that is refused by socket',
  async () => {
    const dir = `${s.daemon.root}/i386`;
    mkdirSync(dir);
    const programs = {
      alg: socketcall(38, 5),
      vsock: socketcall(40, 1),
      inet: socketcall(2, 1),
      directly: socket32(2, 1),
      algDirectly: socket32(38, 5),
    };
    for (const [name, bytes] of Object.entries(programs)) writeFileSync(`${dir}/${name}`, bytes, { mode: 0o755 });
    const [EPERM, ENOSYS] = [1, 38];
    const codes = async (...flags: string[]) => {
      const names = Object.keys(programs);
      const out = await s.daemon.ok(
        'run',
        '--rm',
        ...flags,
        '-v',
        `${dir}:/i386:ro`,
        'ubuntu',
        'sh',
        '-c',
        names.map((name) => `/i386/${name}; echo $?`).join('; '),
      );
      return Object.fromEntries(out.split('\n').map((code, j) => [names[j]!, Number(code)]));
    };
    assert.equal(await codes(), { alg: ENOSYS, vsock: ENOSYS, inet: ENOSYS, directly: OPENED_3, algDirectly: EPERM });
    const allowed = await codes('--annotation', 'drydock.socketcall=allow');
    assert.equal([allowed['inet'], allowed['directly'], allowed['algDirectly']], [OPENED_3, OPENED_3, EPERM]);
  },
);

s.test('a link in the image does not lead a bind out of the root', async () => {
  const dir = `${s.daemon.root}/trap`;
  mkdirSync(dir);
  symlinkSync('/../../../../../../../../../../tmp', `${dir}/out`);
  await s.daemon.ok('run', '--rm', '-v', `${dir}:/trap`, '-v', `${dir}:/trap/out/drydock-escaped`, 'ubuntu', 'true');
  assert.not(existsSync('/tmp/drydock-escaped'));
});

s.test('exec is held by the same limits as the first process', async () => {
  await s.daemon.ok(
    'run',
    '-d',
    '--name',
    'held',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
    '-u',
    'nobody',
    'ubuntu',
    'sleep',
    '60',
  );
  const show = [
    'sh',
    '-c',
    'grep -E "^(Uid|Gid|Groups|Cap...|Seccomp|NoNewPrivs):" /proc/PID/status; for n in mnt uts ipc net pid cgroup; do readlink /proc/PID/ns/$n; done; cat /proc/PID/cgroup',
  ];
  const of = (pid: string) => show.map((word) => word.replaceAll('PID', pid));
  assert.is(await s.daemon.ok('exec', 'held', ...of('self')), await s.daemon.ok('exec', 'held', ...of('1')));
  assert.is(await s.daemon.ok('exec', 'held', 'sh', '-c', 'ls /proc/self/fd | tr "\\n" " "'), '0 1 2 3');
  const strong = await s.daemon.ok(
    'exec',
    '--privileged',
    '-u',
    'root',
    'held',
    'sh',
    '-c',
    'grep CapEff /proc/self/status',
  );
  assert.not.match(strong, /CapEff:\s0+$/, '--privileged is stronger');
  await s.daemon.ok('rm', '-f', 'held');
});

s.test(
  'exec --privileged lifts no no-new-privileges: whoever has them before may not get more by set-uid',
  async () => {
    await s.daemon.ok('run', '-d', '--name', 'held', '--security-opt', 'no-new-privileges', 'ubuntu', 'sleep', '60');
    assert.is(
      await s.daemon.ok('exec', '--privileged', 'held', 'grep', 'NoNewPrivs', '/proc/self/status'),
      'NoNewPrivs:\t1',
    );
    await s.daemon.ok('rm', '-f', 'held');
  },
);

s.test("exec has a session keyring of its own: what is in the daemon's is not there", async () => {
  // The filter refuses keyctl(2) and /proc/keys is masked, so a privileged container looks.
  await s.daemon.ok('run', '-d', '--name', 'held', '--privileged', 'ubuntu', 'sleep', '60');
  const KEYCTL_DESCRIBE = 6;
  const describe = `my $out = "\\0" x 200; my $n = syscall(250, ${KEYCTL_DESCRIBE}, -3, $out, 199); print $n < 0 ? "none: $!" : substr($out, 0, $n - 1)`;
  for (const words of [
    ['exec', 'held'],
    ['exec', '--privileged', 'held'],
    ['exec', '-u', 'nobody', 'held'],
  ]) {
    assert.match(
      await s.daemon.ok(...words, 'perl', '-e', describe),
      /^keyring;0;0;[0-9a-f]+;drydock-[0-9a-f]{12}$/,
      words.join(' '),
    );
  }
  await s.daemon.ok('rm', '-f', 'held');
});

s.test.run();
