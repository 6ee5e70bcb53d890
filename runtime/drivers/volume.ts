/** The volume drivers by name. */
import { notFound } from '../errors/api-error.ts';
import type { VolumeDriver } from '../volume/driver.ts';
import { local } from '../volume/local/driver.ts';

export const drivers: readonly VolumeDriver[] = [local];

/** Throws ApiError 404 in dockerd's words. `volume`: the name of the volume that is to be created. */
export function driverNamed(name: string, volume?: string): VolumeDriver {
  const found = drivers.find((driver) => driver.name === name);
  if (!found)
    throw notFound(
      `${volume === undefined ? '' : `create ${volume}: `}error looking up volume plugin ${name}: plugin "${name}" not found`,
    );
  return found;
}
