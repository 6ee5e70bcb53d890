/** The storage drivers, the preferred one first. */
import type { DriverName, StorageDriver } from '../storage/driver.ts';
import { overlay2 } from '../storage/overlay2/driver.ts';

export const drivers: readonly StorageDriver[] = [overlay2];

export const driverNames: readonly DriverName[] = drivers.map(({ name }) => name);

export function driverNamed(name: DriverName): StorageDriver {
  const driver = drivers.find((one) => one.name === name);
  if (!driver) throw new Error(`no storage driver ${name}; there are ${driverNames.join(', ')}`);
  return driver;
}
