/** capabilities(7): names and numbers, Docker's default set, --cap-add and --cap-drop, and the structs of capset(2). */
import { readFileSync } from 'node:fs';
import { badParameter } from '../errors/api-error.ts';
import { capabilityNames } from './capability-names.ts';
import type { Process } from './spec.ts';

export const NAMES: readonly string[] = capabilityNames.map((name) => `CAP_${name}`);

export const defaultCapabilities: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
].map((name) => `CAP_${name}`);

let last: number | undefined;
/** The highest number that the kernel knows: /proc/sys/kernel/cap_last_cap. Older kernels know fewer. */
function lastCapability(): number {
  last ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
  return last;
}

let held: string[] | undefined;
/**
 * The capabilities that the daemon can give: its own bounding set. On a machine that is itself a container, root has
 * fewer than the kernel knows.
 */
export function allCapabilities(): string[] {
  if (!held) {
    const bounding = BigInt(
      `0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`,
    );
    held = NAMES.slice(0, lastCapability() + 1).filter((_, n) => (bounding >> BigInt(n)) & 1n);
  }
  return held;
}

/** 'net_admin' → 'CAP_NET_ADMIN'. Throws ApiError 400 for an unknown name, and for one that the daemon cannot give. */
function normalize(names: readonly string[], needed: boolean): string[] {
  return names.map((given) => {
    const upper = given.toUpperCase();
    const name = upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (name !== 'ALL' && !NAMES.includes(name)) throw badParameter(`unknown capability: "${name}"`);
    if (name !== 'ALL' && needed && !allCapabilities().includes(name))
      throw badParameter(
        `capability not supported by your kernel or not available in the current environment: "${name}"`,
      );
    return name;
  });
}

/**
 * The container's bounding set from --cap-add, --cap-drop and --privileged. With ALL in both, it is all but those
 * dropped by name.
 */
export function chooseCapabilities(add: readonly string[], drop: readonly string[], privileged: boolean): string[] {
  const added = normalize(add, true);
  const dropped = normalize(drop, false);
  if (privileged) return [...allCapabilities()];
  if (added.includes('ALL')) return allCapabilities().filter((c) => !dropped.includes(c));
  const kept = dropped.includes('ALL')
    ? []
    : defaultCapabilities.filter((c) => !dropped.includes(c) && allCapabilities().includes(c));
  return [...new Set([...kept, ...added])];
}

/** Inheritable and ambient stay empty: CVE-2022-24769. A user other than root loses the effective set at execve(2). */
export const capabilitySets = (capabilities: string[]): Process['capabilities'] => ({
  bounding: capabilities,
  effective: capabilities,
  permitted: capabilities,
  inheritable: [],
  ambient: [],
});

export interface EncodedCaps {
  /** struct __user_cap_header_struct: version 3, the calling thread */
  header: Buffer;
  /** struct __user_cap_data_struct[2]: effective, permitted, inheritable; low 32 bits, then high */
  data: Buffer;
  /** for prctl(PR_CAPBSET_DROP), before capset(2): all that the kernel knows and that are not in the bounding set */
  boundingDrop: number[];
  /** for prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE), after capset(2) */
  ambient: number[];
}
const CAPABILITY_VERSION_3 = 0x20080522;

const numbers = (names: readonly string[]) =>
  names.map((name) => NAMES.indexOf(name)).filter((n) => n >= 0 && n <= lastCapability());

/** The structs and numbers with which the stage sets these capabilities: capset(2), prctl(2). */
export function encodeCaps(sets: Process['capabilities']): EncodedCaps {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [column, names] of [sets.effective, sets.permitted, sets.inheritable].entries()) {
    const mask = numbers(names).reduce((bits, n) => bits | (1n << BigInt(n)), 0n);
    data.writeUInt32LE(Number(mask & 0xffffffffn), column * 4);
    data.writeUInt32LE(Number(mask >> 32n), 12 + column * 4);
  }
  const bounding = new Set(numbers(sets.bounding));
  const boundingDrop = Array.from({ length: lastCapability() + 1 }, (_, n) => n).filter((n) => !bounding.has(n));
  return { header, data, boundingDrop, ambient: numbers(sets.ambient) };
}
