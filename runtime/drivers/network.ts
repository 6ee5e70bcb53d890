/** The network drivers by name. */
import { bridge } from '../network/bridge/driver.ts';
import { container } from '../network/container/driver.ts';
import type { Connected, NetworkDriver, NetworkNamespace } from '../network/driver.ts';
import type { DriverName, Endpoint } from '../network/endpoint.ts';
import { host } from '../network/host/driver.ts';
import { ipvlan } from '../network/ipvlan/driver.ts';
import { macvlan } from '../network/macvlan/driver.ts';
import { none } from '../network/none/driver.ts';

export const drivers: readonly NetworkDriver[] = [bridge, host, none, container, macvlan, ipvlan];
const byName = new Map(drivers.map((driver) => [driver.name, driver]));

export function driverNamed(name: DriverName): NetworkDriver {
  const found = byName.get(name);
  if (!found) throw new Error(`there is no network driver ${name}`);
  return found;
}
export const driverOf = ({ driver }: Pick<Endpoint, 'driver'>): NetworkDriver => driverNamed(driver);

/**
 * The network namespace is decided by the driver of the first endpoint; without endpoints the container gets a new one.
 */
export const namespaceOf = (endpoints: readonly Endpoint[]): NetworkNamespace => {
  const [first] = endpoints;
  return first ? driverOf(first).namespace(first) : 'new';
};

export const hasOwnNamespace = ({ endpoints }: Pick<Connected, 'endpoints'>): boolean =>
  namespaceOf(endpoints) === 'new';
