/** Device rules → lines for devices.deny and devices.allow: admin-guide/cgroup-v1/devices. */
import type { DeviceRule } from '../../oci/spec.ts';

const number = (n: number | undefined) => (n === undefined || n < 0 ? '*' : String(n));

/** A rule for all devices is written as the letter 'a' alone; the kernel then also deletes all exceptions. */
export function deviceLine(rule: DeviceRule): string {
  const type = rule.type ?? 'a';
  return type === 'a' ? 'a' : `${type} ${number(rule.major)}:${number(rule.minor)} ${rule.access ?? 'rwm'}`;
}

/** The file that the line of a rule is written to. */
export const deviceFile = (rule: DeviceRule): string => (rule.allow ? 'devices.allow' : 'devices.deny');
