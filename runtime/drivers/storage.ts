/** The storage drivers, the preferred one first. */
import { type DriverName, storageDrivers, type StorageDriver } from '../storage/driver.ts';
import { overlay2 } from '../storage/overlay2/driver.ts';
import { vfs } from '../storage/vfs/driver.ts';

export const drivers: readonly StorageDriver[] = [overlay2, vfs];

export function driverNamed(name: DriverName): StorageDriver {
  const driver = drivers.find((one) => one.name === name);
  if (!driver) throw new Error(`no storage driver ${name}; there are ${storageDrivers.join(', ')}`);
  return driver;
}
