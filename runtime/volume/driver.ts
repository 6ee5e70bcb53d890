/**
 * The interface of volume drivers: the steps that make a volume and remove it. Each driver has a directory;
 * runtime/drivers/volume.ts lists them.
 */
import type { Step } from '../operation/step.ts';
import type { Volume, VolumeDriverName, VolumePaths } from './volume.ts';

/** The list of volumes, as steps use it: store/store.ts. */
export interface Volumes {
  find(name: string): Volume | undefined;
  paths(name: string): VolumePaths;
  add(volume: Volume): void;
  forget(volume: Volume): void;
  /** ids of the containers that have it, from their records */
  users(name: string): string[];
  /** by volume: the run directories of the runs that need its mount */
  readonly holders: Map<string, Set<string>>;
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** The subject of the steps: one volume. */
export interface VolumeWork {
  readonly volume: Volume;
  readonly volumes: Volumes;
}

/** The steps that a driver adds to the phases volume-create and volume-remove. */
export interface VolumeSteps {
  readonly create: readonly Step<VolumeWork>[];
  readonly remove: readonly Step<VolumeWork>[];
}

export interface VolumeDriver extends VolumeSteps {
  readonly name: VolumeDriverName;
  /** Throws ApiError 400 for options that this driver does not have. */
  check(name: string, options: Readonly<Record<string, string>>): void;
}
