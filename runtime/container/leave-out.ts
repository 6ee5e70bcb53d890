/**
 * --leave-out: parts of a container that can be left out on purpose, to see what they are for. Each has a name and is
 * not just any step, because the container must still end and be undone completely. Two parts are missing because their
 * effects could not be undone: the mount namespace (the mounts would be the host's) and read-only /proc/sysrq-trigger
 * (one byte written to it reboots the host). For the network there is `--network host`.
 */
import type { Container } from './container.ts';
import { badParameter } from '../errors/api-error.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import { allCapabilities, capabilitySets } from '../oci/capabilities.ts';
import { choiceOf } from './namespaces.ts';
import type { NamespaceType, Spec } from '../oci/spec.ts';

export const LEAVE_OUT = 'drydock.leave-out';
/** Set by `--unsafe`: allows this for any image, not only for practice images. */
export const UNSAFE = 'drydock.unsafe';

export interface Omission {
  id: string;
  /** 'no pid namespace' */
  title: string;
  /** what happens instead, and how to see it */
  see: string;
  /** the steps that are skipped or do less */
  steps: readonly string[];
  /** changes config.json; when absent, the steps check it themselves */
  change?(spec: Spec): void;
}

const without = (type: NamespaceType) => (spec: Spec) =>
  void (spec.linux.namespaces = spec.linux.namespaces.filter((n) => n.type !== type));

export const omissions: readonly Omission[] = [
  {
    id: 'pid-namespace',
    title: 'no pid namespace',
    steps: ['create.clone3'],
    change: without('pid'),
    see: `\`ps -ef\` and \`ls /proc\` show every process of the host, and \`echo $$\` is not 1. Root inside may signal them all. When process 1 of a pid namespace ends the kernel ends the others; here the control group has to.`,
  },
  {
    id: 'pivot-root',
    title: 'chroot instead of pivot_root',
    steps: ['init.pivot-root', 'init.unmount-old-root', 'init.chroot'],
    see: `chroot(2) changes where paths begin and nothing else: the host's tree is still mounted above. \`nsenter --root=/usr --wd=/ /bin/ls ../../../../../../../../../../../..\` makes a second chroot, stays outside of it, and climbs: it lists the root of the host.`,
  },
  {
    id: 'masked-paths',
    title: 'no masked paths',
    steps: ['init.mask-paths'],
    change: (spec) => void (spec.linux.maskedPaths = []),
    see: `\`ls -l /proc/kcore\` is the host's memory instead of /dev/null, and \`cat /proc/keys /proc/timer_list\` tells of the host.`,
  },
  {
    id: 'cgroup',
    title: 'no control group',
    steps: ['create.cgroup', 'create.limits', 'create.device-rules', 'create.join-cgroup', 'create.no-cgroup'],
    see: `\`cat /proc/self/cgroup\` is the daemon's group: no limit holds, nothing is counted, no device is forbidden, and there is no freezer to pause it with. At the end the pid namespace has to end all its processes.`,
  },
  {
    id: 'seccomp',
    title: 'no system call filter',
    steps: ['init.seccomp'],
    change: (spec) => void delete spec.linux.seccomp,
    see: `\`grep Seccomp: /proc/self/status\` is 0, and \`unshare -U true\` works: the kernel's whole surface of some 350 calls is open.`,
  },
  {
    id: 'capabilities',
    title: 'no capability dropped',
    steps: ['init.drop-bounding', 'init.capabilities'],
    change: (spec) => void (spec.process.capabilities = capabilitySets([...allCapabilities()])),
    see: `\`grep CapEff /proc/self/status\` has all bits, and \`mount -t tmpfs none /mnt\` works where the filter lets it: root is root.`,
  },
  {
    id: 'uts-namespace',
    title: 'no uts namespace',
    steps: ['create.unshare-uts', 'init.hostname'],
    change: (spec) => {
      without('uts')(spec);
      delete spec.hostname;
      delete spec.domainname;
    },
    see: `\`hostname\` is the host's name, and not the first twelve digits of the id.`,
  },
  {
    id: 'ipc-namespace',
    title: 'no ipc namespace',
    steps: ['create.unshare-ipc'],
    change: without('ipc'),
    see: `\`cat /proc/sysvipc/shm\` and \`ls /dev/mqueue\` show the host's shared memory and message queues.`,
  },
  {
    id: 'cgroup-namespace',
    title: 'no cgroup namespace',
    steps: ['create.unshare-cgroup'],
    change: without('cgroup'),
    see: `\`cat /proc/self/cgroup\` tells where on the host the group lies, instead of /.`,
  },
];
const byId = new Map(omissions.map((one) => [one.id, one]));

/** Parts that cannot be left out together, because one cleans up for the other. */
const pairs: readonly [string, string, string][] = [
  ['pid-namespace', 'cgroup', 'nothing would know all of its processes, so they could not be ended'],
  ['capabilities', 'uts-namespace', 'it could give the host another name, and nothing would give it back'],
  ['capabilities', 'cgroup', 'it could write to every device of the host'],
];

type Asking = Pick<ContainerRequest, 'HostConfig'>;
export const leftOut = ({ HostConfig: host }: Asking): string[] => [
  ...new Set(
    (host.Annotations?.[LEAVE_OUT] ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter(Boolean),
  ),
];
export const leavesOut = (c: Pick<Container, 'request'>, id: string): boolean => leftOut(c.request).includes(id);
/** 'unsafe: left out pid-namespace, seccomp'; undefined when nothing is left out. */
export function unsafeWords(request: Asking): string | undefined {
  const ids = leftOut(request);
  return ids.length ? `unsafe: left out ${ids.join(', ')}` : undefined;
}

/** Throws ApiError 400 for an unknown part, and for a combination that could not be cleaned up. */
export function checkLeftOut(request: Asking): void {
  const ids = leftOut(request);
  const unknown = ids.find((id) => !byId.has(id));
  if (unknown)
    throw badParameter(`cannot leave out ${JSON.stringify(unknown)}: only ${omissions.map(({ id }) => id).join(', ')}`);
  const pair = pairs.find(([one, other]) => ids.includes(one) && ids.includes(other));
  if (pair) throw badParameter(`cannot leave out ${pair[0]} together with ${pair[1]}: ${pair[2]}`);
  if (ids.includes('cgroup') && choiceOf('pid', request.HostConfig) !== 'new')
    throw badParameter(`cannot leave out cgroup with PidMode ${request.HostConfig.PidMode}: ${pairs[0]![2]}`);
}

/** Only images that Drydock made may be used with this, unless the user confirms it with `--unsafe`. */
export function checkBreakable(request: Asking & Pick<ContainerRequest, 'Image'>, image: { practice: boolean }): void {
  if (!leftOut(request).length || image.practice || request.HostConfig.Annotations?.[UNSAFE]) return;
  throw badParameter(
    `cannot leave out ${leftOut(request).join(', ')}: ${request.Image} is not a practice image; --unsafe allows it on any image`,
  );
}

export function leaveOutOf(spec: Spec, request: Asking): Spec {
  for (const id of leftOut(request)) byId.get(id)?.change?.(spec);
  return spec;
}
