import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { PR, SECCOMP_SET_MODE_FILTER } from '../../../runtime/syscalls/constants.ts';
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import { defaultCapabilities } from '../../../runtime/oci/capabilities.ts';
import { compileSeccomp } from '../../../runtime/oci/seccomp/compile.ts';
import { syscallNumbers } from '../../../runtime/oci/seccomp/numbers.ts';
import { seccompFor } from '../../../runtime/oci/seccomp/profile.ts';
import { suite } from '../../harness.ts';
import { elf32 } from './elf32.ts';

const [EPERM, ENOSYS, EINVAL, EBADF] = [1, 38, 22, 9];
/** call, arguments, and the resulting errno, from the filter or from the kernel */
const tries: [string, number[], number][] = [
  ['unshare', [0x04000000], EPERM],
  ['mount', [0, 0, 0, 0, 0], EPERM],
  ['keyctl', [0, 0], EPERM],
  ['bpf', [0, 0, 0], EPERM],
  ['io_uring_setup', [1, 0], EPERM],
  ['setns', [-1, 0], EPERM],
  ['clone3', [0, 0], ENOSYS],
  ['socket', [40, 1, 0], EPERM],
  ['socket', [38, 5, 0], EPERM],
  ['socket', [2 ** 32 + 40, 1, 0], EPERM],
  ['socket', [2 ** 32 + 38, 5, 0], EPERM],
  ['socket', [1, 77, 0], EINVAL],
  ['personality', [0x40000], EPERM],
  ['personality', [0], 0],
  ['personality', [-1], 0],
  ['clone', [0x10000000], EPERM],
  ['close', [-1], EBADF],
  ['chroot', [0], 14],
];

/** unshare(CLONE_NEWUTS) */
const unshare = elf32('b836010000' + 'bb00000004' + 'cd80');

/** A helper process: it loads the filter, then runs perl, which makes each call and prints its errno. */
async function helper(): Promise<void> {
  const k = daemonKernel();
  const { filter, flags } = compileSeccomp(seccompFor(undefined, defaultCapabilities, false)!);
  await k.daemon.prctl(PR.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  await k.daemon.seccomp(SECCOMP_SET_MODE_FILTER, flags, filter);
  const script = tries
    .map(
      ([name, args]) =>
        `$! = 0; $r = syscall(${[syscallNumbers().get(name), ...args].join(', ')}); print(($r == -1 ? $! + 0 : 0), "\\n");`,
    )
    .join(' ');
  process.stdout.write(spawnSync('perl', ['-e', script], { encoding: 'utf8' }).stdout);
  process.stdout.write(`32-bit ${spawnSync(process.argv[2]!).status}\n`);
}

if (process.env['DRYDOCK_TEST_SECCOMP']) {
  await helper();
} else {
  const test = suite('seccomp in the kernel', 'perl');
  test('the kernel takes the default filter and answers each call as Docker’s profile says', () => {
    const dir = mkdtempSync(join(tmpdir(), 'drydock-seccomp-'));
    const program = join(dir, 'elf32');
    writeFileSync(program, unshare, { mode: 0o755 });
    try {
      // where the kernel does not run it, execvp(3) gives it to a shell, which ends with 127
      const alone = spawnSync(program).status;
      const runs32 = alone !== null && alone !== 127;
      const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), program], {
        encoding: 'utf8',
        env: { ...process.env, DRYDOCK_TEST_SECCOMP: '1' },
      });
      const lines = stdout.trim().split('\n');
      assert.is(lines.pop(), `32-bit ${runs32 ? EPERM : alone}`);
      assert.equal(
        lines.map((errno, j) => `${tries[j]?.[0]} ${errno}`),
        tries.map(([name, , errno]) => `${name} ${errno}`),
        stderr,
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
  test.run();
}
