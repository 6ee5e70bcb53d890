/** The networks: the three predefined ones. Others cannot be created yet. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Network, NetworkSettings } from '../driver.ts';
import { driverNamed } from '../../drivers/network.ts';
import type { Endpoint } from '../endpoint.ts';

export const predefined = ['bridge', 'host', 'none'] as const;

type Wanted = Pick<NetworkSettings, 'bridge' | 'bip'>;
export const networkNamed = (
  settings: Wanted,
  { driver, network: name }: Pick<Endpoint, 'driver' | 'network'>,
): Network => ({
  name,
  driver,
  bridge: settings.bridge,
  ...(settings.bip && { bip: settings.bip }),
});

/** For a daemon that ends without containers: removes what its networks have made on the host. */
export async function removeNetworks(k: Kernel, settings: Wanted): Promise<void> {
  for (const name of predefined) {
    const network = networkNamed(settings, { driver: name, network: name });
    for (const step of driverNamed(name).remove) await step.do(k, network);
  }
}
