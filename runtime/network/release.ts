/**
 * The way out: what a container's network leaves when it ends, and what the bridge leaves when no container is left.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { Container } from '../container/container.ts';
import type { Settings } from '../data-root/settings.ts';
import { forgetBridge } from './bridge.ts';
import { restoreForwarding } from './forwarding.ts';
import { releaseAddress } from './leases.ts';
import { detachLink, removeLink } from './links.ts';
import { removeTable } from './rules.ts';

/**
 * For the exit phase: the host's end is off the bridge and the address free when this resolves; the kernel deletes the
 * pair with the namespace, some milliseconds after its last process. Not done or half done before is fine.
 */
export async function releaseNetwork(k: Kernel, c: Container): Promise<void> {
  if (c.network.mode === 'bridge') await detachLink(k, c.network.hostLink);
  await releaseLease(k, c);
}

/** The pair is deleted before this resolves. */
export async function removePair(k: Kernel, c: Container): Promise<void> {
  if (c.network.mode === 'bridge') await removeLink(k, c.network.hostLink);
}

export async function releaseLease(k: Kernel, c: Container): Promise<void> {
  if (c.network.mode !== 'bridge') return;
  const released = await releaseAddress(k, c.settings, c.id, c.network.address);
  k.fact(...released.map((address) => ({ kind: 'lease' as const, key: address, value: null })));
  for (const key of ['address', 'prefix', 'gateway', 'mac'] as const) delete c.network[key];
}

/** For a daemon that ends with no containers left: bridge and rules go, ip_forward is as it was before. */
export async function removeBridge(k: Kernel, settings: Pick<Settings, 'bridge'>): Promise<void> {
  await restoreForwarding(k, settings.bridge);
  await removeTable(k, settings.bridge);
  await removeLink(k, settings.bridge);
  forgetBridge(settings.bridge);
}
