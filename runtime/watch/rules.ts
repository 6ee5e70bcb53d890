/** The rules of a bridge's table with the kernel's counters, for the picture of the network. */
import { rulesNow } from '../network/bridge/rules.ts';
import type { Container } from '../container/container.ts';
import type { Kernel } from '../kernel/kernel.ts';

/**
 * `forward: iifname "drydock0" counter packets 3 bytes 252 accept`, one for each rule. Undefined for a container that
 * is not connected to a bridge.
 */
export async function ruleCounters(k: Kernel, { endpoints, settings }: Container): Promise<string[] | undefined> {
  if (!endpoints.some(({ driver }) => driver === 'bridge')) return undefined;
  return rulesNow(k, settings.bridge).catch(() => undefined);
}
