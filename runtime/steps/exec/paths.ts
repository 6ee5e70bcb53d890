import { MS, O } from '../../kernel/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { coverPaths, coverTogether, kindsAt } from '../../kernel/mount/mount.ts';
import { mountsOf } from '../../kernel/process/inspect.ts';
import type { Step } from '../step.ts';

const inspect: Step['inspect'] = async (_k, c) => (c.live.pid ? [mountsOf(c.live.pid, '/proc'), mountsOf(c.live.pid, '/sys')] : []);

/** Each with /dev/null over it, or when it is a directory with an empty file system. What is not there needs none. */
async function mask(k: Kernel, paths: readonly string[]): Promise<void> {
  const kinds = await kindsAt(k, paths);
  const directories = paths.filter((_, j) => kinds[j] === 'directory');
  const files = paths.filter((_, j) => kinds[j] === 'other').map((path) => ({ source: '/dev/null', path }));
  await coverTogether(k, files, MS.MS_RDONLY, (stage) => directories.forEach((path) =>
    stage.mount('tmpfs', path, 'tmpfs', MS.MS_RDONLY | MS.MS_NOSUID | MS.MS_NODEV | MS.MS_NOEXEC, 'size=0k').mayFail('ENOENT')));
}

export const pathSteps: Step[] = [
  {
    id: 'exec.sysctls',
    title: 'Set kernel parameters',
    explain: `--sysctl writes below /proc/sys. Only parameters that belong to one of the container's namespaces are allowed, because all others would change the host. It happens before /proc/sys becomes read-only. See proc_sys(5), network_namespaces(7).`,
    when: (c) => Object.keys(c.spec.linux.sysctl ?? {}).length > 0,
    async do(k, c) {
      for (const [name, value] of Object.entries(c.spec.linux.sysctl ?? {})) await k.stage.write_file(`/proc/sys/${name.replace(/\./g, '/')}`, O.O_TRUNC, 0, value);
    },
  },
  {
    id: 'exec.mask-paths', title: 'Cover what must not be read', inspect,
    explain: `/proc/kcore is the host's memory, /proc/keys its keys: such files are covered with /dev/null, such directories with an empty read-only tmpfs.
procfs and sysfs know no namespaces for these. Without this step root inside could read them. See proc(5) and the OCI runtime specification, "Masked Paths".`,
    when: (c) => (c.spec.linux.maskedPaths ?? []).length > 0,
    async do(k, c) {
      await mask(k, c.spec.linux.maskedPaths ?? []);
      k.fact({ kind: 'security', key: 'masked', value: (c.spec.linux.maskedPaths ?? []).join(' ') });
    },
  },
  {
    id: 'exec.readonly-paths', title: 'Make kernel settings read-only', inspect,
    explain: `/proc/sys, /proc/sysrq-trigger and a few more stay readable but are bound over themselves read-only.
Writing "b" to /proc/sysrq-trigger reboots the host at once. See proc(5) and the OCI runtime specification, "Readonly Paths".`,
    when: (c) => (c.spec.linux.readonlyPaths ?? []).length > 0,
    async do(k, c) {
      await coverPaths(k, (c.spec.linux.readonlyPaths ?? []).map((path) => ({ source: path, path })), MS.MS_RDONLY);
      k.fact({ kind: 'security', key: 'readonly', value: (c.spec.linux.readonlyPaths ?? []).join(' ') });
    },
  },
];
