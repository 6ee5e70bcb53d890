import { AT, O, S_IFBLK, S_IFCHR, S_IFIFO } from '../../../syscalls/constants.ts';
import { ensurePath } from '../../../kernel/mount/in-root.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { BatchCalls } from '../../../kernel/batch.ts';
import type { Device } from '../../../oci/spec.ts';
import { systemMount } from '../../../oci/mounts.ts';
import type { Container } from '../../../container/container.ts';
import type { Step } from '../../../container/step.ts';
import { checkedNull, planNull, stdioOf } from './null.ts';
import { heldOf, placeIn } from './places.ts';

/** The kernel's new_encode_dev(), makedev(3): 12 bits of major, 20 of minor. */
export const deviceNumber = (major: number, minor: number): number =>
  (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);

const kinds: Record<Device['type'], number> = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO };
const character = (path: string, major: number, minor: number): Device => ({
  path,
  type: 'c',
  major,
  minor,
  fileMode: 0o666,
});

/** OCI runtime specification, "Default Devices". The terminal's devices are links. */
const standard: Device[] = [
  character('/dev/null', 1, 3),
  character('/dev/zero', 1, 5),
  character('/dev/full', 1, 7),
  character('/dev/random', 1, 8),
  character('/dev/urandom', 1, 9),
  character('/dev/tty', 5, 0),
];
const links: [string, string][] = [
  ['/proc/self/fd', 'fd'],
  ['/proc/self/fd/0', 'stdin'],
  ['/proc/self/fd/1', 'stdout'],
  ['/proc/self/fd/2', 'stderr'],
  ['/proc/kcore', 'core'],
  ['pts/ptmx', 'ptmx'],
];

function makeNode(stage: BatchCalls, dir: number, name: string, device: Device): void {
  const mode = (kinds[device.type] | (device.fileMode ?? 0o666)) >>> 0;
  stage.mknodat(dir, name, mode, deviceNumber(device.major, device.minor)).mayFail('EEXIST');
  if (device.uid || device.gid) stage.fchownat(dir, name, device.uid ?? 0, device.gid ?? 0, AT.AT_SYMLINK_NOFOLLOW);
}

/** The name of a node directly in /dev, which needs no further look-up. */
const nameInDev = (device: Device) => /^\/dev\/([^/]+)$/.exec(device.path)?.[1];

/** Makes a node in a subdirectory, such as /dev/snd/timer, and its directories. */
async function makeNodeBelow(k: Kernel, c: Container, device: Device): Promise<void> {
  const cut = device.path.lastIndexOf('/');
  const parent = await ensurePath(k, placeIn(c.live, device.path.slice(0, cut) || '/'), 'directory');
  await k.batch((stage) => {
    makeNode(stage, parent, device.path.slice(cut + 1), device);
    stage.close(parent);
  });
}

/**
 * Makes the nodes of the container's own /dev, and uses its null as descriptor 0. Like runc, it leaves a /dev that the
 * user has bound unchanged.
 */
async function makeNodes(k: Kernel, c: Container, dev: number): Promise<number> {
  const own = systemMount(c.spec, '/dev') !== undefined;
  const wanted = new Map((own ? [...standard, ...c.spec.linux.devices] : []).map((d) => [d.path, d]));
  const found = await k.batch((stage) => {
    for (const device of wanted.values()) if (nameInDev(device)) makeNode(stage, dev, nameInDev(device) ?? '', device);
    if (own) for (const [target, name] of links) stage.symlinkat(target, dev, name).mayFail('EEXIST');
    if (own && c.spec.process.terminal) {
      const console = stage.openat(dev, 'console', O.O_CREAT | O.O_WRONLY | O.O_CLOEXEC | O.O_NOFOLLOW, 0o600);
      stage.close(console);
    }
    return planNull(stage, dev, stdioOf(c.spec.process, c.stdin));
  });
  for (const device of wanted.values()) if (!nameInDev(device)) await makeNodeBelow(k, c, device);
  return checkedNull(found);
}

export const deviceSteps: { nodes: Step[] } = {
  nodes: [
    {
      id: 'init.make-device-nodes',
      title: 'Make the device nodes',
      explain: `mknod(2) makes the few devices that nearly every program needs, and links for stdin, stdout, stderr and ptmx.
The new null also becomes stdin where there is none: with the host's, chmod(1) of /proc/self/fd/0 would change the host's device node.
A node is only a pair of numbers (null is 1:3); the kernel decides which device that opens, and the group's device rules decide whether it may be opened. See mknod(2), null(4), and the OCI runtime specification, "Default Devices".`,
      async do(k, c) {
        c.live.held = { ...c.live.held, null: await makeNodes(k, c, heldOf(c, 'dev')) };
      },
    },
  ],
};
