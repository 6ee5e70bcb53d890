import { O, RESOLVE } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { makeReadonly, maskPaths, type Covered } from '../../../kernel/mount/cover.ts';
import { NO_LINKS, openHow } from '../../../kernel/mount/place.ts';
import { mountsOf } from '../../../kernel/process/inspect.ts';
import type { Container } from '../../../container/container.ts';
import type { Step } from '../../../container/step.ts';
import { heldOf, placeIn, topOf } from './places.ts';

const inspect: Step['inspect'] = async (_k, c) =>
  c.live.pid ? [mountsOf(c.live.pid, '/proc'), mountsOf(c.live.pid, '/sys')] : [];

/** Where each path is looked up. An absent path of /proc counts only when /proc is the verified procfs. */
function covered(c: Container, paths: readonly string[]): Covered {
  for (const path of paths) if (topOf(path) === 'proc') heldOf(c, 'proc');
  return paths.map((path) => [path, placeIn(c.live, path)] as const);
}

/**
 * The stage's socket is descriptor 3 (native/wire.h). In these steps it needs no other descriptors than the held ones.
 */
const STAGE_SOCKET = 3;
const highestHeld = (c: Container) => Math.max(STAGE_SOCKET, ...(Object.values(c.live.held ?? {}) as number[]));

/** Writes sysctls into the verified procfs, without following links and across no other mount. */
async function setSysctls(k: Kernel, proc: number, values: Readonly<Record<string, string>>): Promise<void> {
  const how = openHow(O.O_WRONLY | O.O_TRUNC | O.O_CLOEXEC, 0, NO_LINKS | RESOLVE.RESOLVE_NO_XDEV);
  await k.batch((stage) => {
    for (const [name, value] of Object.entries(values)) {
      const fd = stage.openat2(proc, `sys/${name.replace(/\./g, '/')}`, how).noted(name);
      // the descriptor alone would not show which setting the kernel refused
      stage.write(fd, value).noted(`${name} = ${value}`);
      stage.close(fd);
    }
  });
}

export const pathSteps: Step[] = [
  {
    id: 'init.sysctls',
    title: 'Set kernel parameters',
    explain: `--sysctl writes below /proc/sys. Only parameters that belong to one of the container's namespaces are allowed, because all others would change the host. It happens before /proc/sys becomes read-only. See proc_sys(5), network_namespaces(7).`,
    when: (c) => Object.keys(c.spec.linux.sysctl ?? {}).length > 0,
    async do(k, c) {
      await setSysctls(k, heldOf(c, 'proc'), c.spec.linux.sysctl ?? {});
    },
  },
  {
    id: 'init.mask-paths',
    title: 'Cover what must not be read',
    inspect,
    explain: `/proc/kcore is the host's memory, /proc/keys its keys: such files are covered with /dev/null, such directories with an empty read-only tmpfs.
procfs and sysfs know no namespaces for these. Without this step root inside could read them. Each path is opened once, below the /proc and /sys that were mounted here, and covered where it is open. See proc(5) and the OCI runtime specification, "Masked Paths".`,
    when: (c) => (c.spec.linux.maskedPaths ?? []).length > 0,
    async do(k, c) {
      await maskPaths(k, covered(c, c.spec.linux.maskedPaths ?? []), c.live.held?.null ?? -1, highestHeld(c));
      k.fact({ kind: 'security', key: 'masked', value: (c.spec.linux.maskedPaths ?? []).join(' ') });
    },
  },
  {
    id: 'init.readonly-paths',
    title: 'Make kernel settings read-only',
    inspect,
    explain: `/proc/sys, /proc/sysrq-trigger and a few more stay readable but are bound over themselves read-only.
Writing "b" to /proc/sysrq-trigger reboots the host at once. See proc(5) and the OCI runtime specification, "Readonly Paths".`,
    when: (c) => (c.spec.linux.readonlyPaths ?? []).length > 0,
    async do(k, c) {
      await makeReadonly(k, covered(c, c.spec.linux.readonlyPaths ?? []), highestHeld(c));
      k.fact({ kind: 'security', key: 'readonly', value: (c.spec.linux.readonlyPaths ?? []).join(' ') });
    },
  },
];
