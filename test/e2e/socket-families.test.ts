/** Which socket families a container may use, by every call that makes a socket. */
import * as assert from 'uvu/assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { socket32, socketcall } from '../oci/seccomp/elf32.ts';
import { site } from './site.ts';
import { table } from './table.ts';

const s = await site('socket families');
const perl = (code: string) => ({ command: ['perl', '-e', code] });

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

s.test.run();
