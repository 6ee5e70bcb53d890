/** Writes the sysctls of a link inside a container. */
import { O } from '../../syscalls/constants.ts';
import { ApiError } from '../../errors/api-error.ts';
import { hasCode } from '../../kernel/errors.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connection } from '../driver.ts';
import { linkSysctls, type LinkSysctl } from '../endpoint-sysctls.ts';

const sysctlsOf = ({ endpoint: { driverOpts, ifname = 'eth0' } }: Pick<Connection, 'endpoint'>): LinkSysctl[] =>
  linkSysctls(driverOpts, ifname);

export const hasSysctls = (it: Connection): boolean => sysctlsOf(it).length > 0;

/** What /proc/sys/net shows is decided by the network namespace of the thread that opens a file in it. */
async function open(k: Kernel, { container }: Connection, { path }: LinkSysctl, flags: number): Promise<number> {
  const { pidfd } = container.live;
  if (pidfd === undefined) throw new Error(`container ${container.id.slice(0, 12)} has no process`);
  return k.daemon.open_in(pidfd, `/proc/sys/${path}`, flags | O.O_CLOEXEC);
}

async function write(k: Kernel, it: Connection, sysctl: LinkSysctl): Promise<void> {
  const fd = await open(k, it, sysctl, O.O_WRONLY);
  try {
    await k.daemon.write(fd, Buffer.from(sysctl.value));
  } finally {
    await k.daemon.close(fd);
  }
}

/** Throws ApiError 400 for a sysctl that the kernel does not have, or a value that it does not take. */
export async function writeSysctls(k: Kernel, it: Connection): Promise<void> {
  for (const sysctl of sysctlsOf(it)) {
    try {
      await write(k, it, sysctl);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'EINVAL', 'EPERM', 'EACCES')) throw error;
      const why = hasCode(error, 'ENOENT') ? 'this kernel has no such file' : (error as Error).message;
      throw new ApiError(400, `failed to set sysctl ${sysctl.name}=${sysctl.value}: ${why}`, { cause: error });
    }
    k.fact({ kind: 'file', key: `container:/proc/sys/${sysctl.path}`, value: sysctl.value });
  }
}

export async function sysctlEvidence(k: Kernel, it: Connection): Promise<InspectionSection[]> {
  const lines: string[] = [];
  for (const sysctl of sysctlsOf(it)) {
    const fd = await open(k, it, sysctl, 0);
    try {
      lines.push(`${sysctl.name} = ${(await k.daemon.read(fd, 256)).toString('latin1').trim()}`);
    } finally {
      await k.daemon.close(fd);
    }
  }
  return [{ title: "sysctls of the link, in the container's network namespace", lines }];
}
