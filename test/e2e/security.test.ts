import * as assert from 'uvu/assert';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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
    // no pipe behind the second ls: process 1 is this shell, and it holds the ends of a pipe until both programs run
    script: 'ls /proc/self/fd | tr "\\n" " "; ls -l /proc/1/fd >/tmp/open; grep -c / /tmp/open',
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
