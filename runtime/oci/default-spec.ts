/** The parts of the spec that every container has unless a flag changes them; equal to Docker's. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceRule, Mount } from './spec.ts';

export const OCI_VERSION = '1.2.0';
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;

/** In the order of mounting, because a mount point may be on an earlier mount. */
export const defaultMounts = (shmSize: number): Mount[] => [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmSize}`],
  },
];

/** Paths that reveal something of the host or control it. */
const maskedPaths: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const CPUS = '/sys/devices/system/cpu';
/**
 * The throttling counters of each processor. They reveal how much other containers load the host (moby,
 * GHSA-6fw5-f8r9-fgfm). Not every machine has them.
 */
const throttling = (cpus: string): string[] => {
  const names = existsSync(cpus) ? readdirSync(cpus).filter((name) => /^cpu\d+$/.test(name)) : [];
  return names.map((name) => join(cpus, name, 'thermal_throttle')).filter((path) => existsSync(path));
};

let looked: { online: string; paths: string[] } | undefined;
/**
 * The kernel makes and removes a processor's counters when it comes online and goes offline
 * (arch/x86/kernel/cpu/mce/therm_throt.c), so they are looked for anew when the list of those online has changed.
 */
function throttlingHere(): string[] {
  const online = existsSync(`${CPUS}/online`) ? readFileSync(`${CPUS}/online`, 'utf8') : '';
  if (looked?.online !== online) looked = { online, paths: throttling(CPUS) };
  return looked.paths;
}
export const maskedPathsHere = (cpus = CPUS): string[] => [
  ...maskedPaths,
  ...(cpus === CPUS ? throttlingHere() : throttling(cpus)),
];
export const readonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

const allow = (type: 'c' | 'b', major: number, minor: number, access = 'rwm'): DeviceRule => ({
  allow: true,
  type,
  major,
  minor,
  access,
});
/** -1 means any number. mknod is allowed for all devices, because a node is harmless without the right to open it. */
export const defaultDeviceRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  allow('c', -1, -1, 'm'),
  allow('b', -1, -1, 'm'),
  allow('c', 1, 3),
  allow('c', 1, 5),
  allow('c', 1, 7),
  allow('c', 1, 8),
  allow('c', 1, 9), // null zero full random urandom
  allow('c', 5, 0),
  allow('c', 5, 1),
  allow('c', 5, 2),
  allow('c', 136, -1), // tty console ptmx pts/*
];
