/** The three predefined networks. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Network, NetworkSettings } from '../driver.ts';
import { driverNamed } from '../../drivers/network.ts';
import type { Endpoint } from '../endpoint.ts';
import { defaultSubnet6 } from '../ipam/default-subnet6.ts';
import type { Cidr } from '../ipam/ipv4.ts';

export const predefined = ['bridge', 'host', 'none'] as const;

type Wanted = Pick<NetworkSettings, 'bridge' | 'bip' | 'ipv6' | 'fixedCidrV6' | 'userlandProxy'>;
export function networkNamed(
  settings: Wanted,
  { driver, network: name }: Pick<Endpoint, 'driver' | 'network'>,
  avoid?: () => readonly Cidr[],
): Network {
  const subnet6 = driver === 'bridge' ? defaultSubnet6(settings) : undefined;
  return {
    id: name,
    name,
    driver,
    bridge: settings.bridge,
    ...(settings.bip && { bip: settings.bip }),
    ...(subnet6 && { subnet6 }),
    ...(avoid && { avoid }),
    ...(settings.userlandProxy === false && { options: { hairpin: true } }),
  };
}

/** For a daemon that ends without containers: removes what its networks, `made` by users or not, have on the host. */
export async function removeNetworks(k: Kernel, settings: Wanted, made: readonly Network[] = []): Promise<void> {
  for (const network of made) for (const step of driverNamed(network.driver).remove) await step.do(k, network);
  for (const name of predefined) {
    const network = networkNamed(settings, { driver: name, network: name });
    for (const step of driverNamed(name).remove) await step.do(k, network);
  }
}
