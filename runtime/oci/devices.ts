/** --device, --device-cgroup-rule and --privileged: the nodes to make in /dev, and the rules of the devices cgroup. */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { badParameter } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import { defaultDeviceRules } from './default-spec.ts';
import type { Device, DeviceRule } from './spec.ts';

/** The inverse of makedev(3) for st_rdev of stat(2), in glibc's 64-bit layout. */
export const deviceNumbers = (rdev: number): { major: number; minor: number } => {
  const dev = BigInt(rdev);
  return {
    major: Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)),
    minor: Number((dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)),
  };
};

function node(path: string, stat: Stats): Device | undefined {
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return undefined;
  return {
    path,
    type: stat.isBlockDevice() ? 'b' : 'c',
    ...deviceNumbers(stat.rdev),
    fileMode: stat.mode & 0o777,
    uid: stat.uid,
    gid: stat.gid,
  };
}

/** Names that are made anew in every container, or have no use in one. */
const NOT_HOST = new Set(['pts', 'shm', 'fd', 'mqueue', 'console', '.lxc', '.lxd-mounts', '.udev', 'ptmx']);

/**
 * All devices below a directory of the host. Symbolic links are skipped: they lead to nodes that are found anyway, or
 * out of the tree.
 */
function walk(host: string, inside: string): Device[] {
  return readdirSync(host, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_HOST.has(entry.name) || entry.isSymbolicLink()) return [];
    const [from, to] = [join(host, entry.name), join(inside, entry.name)];
    if (entry.isDirectory()) return walk(from, to);
    const stat = statSync(from, { throwIfNoEntry: false });
    return (stat && node(to, stat)) ?? [];
  });
}

const trouble = (path: string, why: string) =>
  badParameter(`error gathering device information while adding custom device "${path}": ${why}`);

/** The devices of one --device: a node, or all nodes below a directory. Throws ApiError 400. */
function mapped({
  PathOnHost: host,
  PathInContainer,
}: {
  PathOnHost: string;
  PathInContainer?: string | null;
}): Device[] {
  const inside = PathInContainer || host;
  if (!inside.startsWith('/') || inside.split('/').includes('..'))
    throw badParameter(`invalid device path "${inside}" in the container; give an absolute path`);
  const stat = statSync(host, { throwIfNoEntry: false });
  if (!stat) throw trouble(host, 'no such file or directory');
  const devices = stat.isDirectory() ? walk(host, inside) : [node(inside, stat)].filter((d) => d !== undefined);
  if (!devices.length) throw trouble(host, 'not a device node');
  return devices;
}

function permissions(given: string | null | undefined): string {
  const access = given || 'rwm';
  if (!/^[rwm]{1,3}$/.test(access) || new Set(access).size !== access.length)
    throw badParameter(`invalid device mode: ${given}; it is made of r, w and m`);
  return access;
}

function ruleOf(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw badParameter(`invalid device cgroup rule format: '${text}'`);
  const number = (field: string | undefined) => (field === '*' ? -1 : Number(field));
  return {
    allow: true,
    type: match[1] as 'a' | 'b' | 'c',
    major: number(match[2]),
    minor: number(match[3]),
    access: match[4]!,
  };
}

/**
 * The nodes and rules of a container. Privileged: all devices of the host, and no denying rule. Throws ApiError 400.
 */
export function devicesOf(host: HostConfig): { devices: Device[]; rules: DeviceRule[] } {
  const extra = (host.Devices ?? []).map((mapping) => ({
    devices: mapped(mapping),
    access: permissions(mapping.CgroupPermissions),
  }));
  const asked = (host.DeviceCgroupRules ?? []).map(ruleOf);
  const devices = extra.flatMap((e) => e.devices);
  if (host.Privileged) {
    const paths = new Set(devices.map((d) => d.path));
    return {
      devices: [...walk('/dev', '/dev').filter((d) => !paths.has(d.path)), ...devices],
      rules: [{ allow: true, type: 'a', access: 'rwm' }],
    };
  }
  const rules = extra.flatMap(({ devices: list, access }) =>
    list.map(({ type, major, minor }): DeviceRule => ({ allow: true, type: type as 'b' | 'c', major, minor, access })),
  );
  return { devices, rules: [...defaultDeviceRules, ...rules, ...asked] };
}
