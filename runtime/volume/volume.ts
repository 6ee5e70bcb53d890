/** A volume: a directory of the data root that outlives the containers that use it. Engine API, "Volumes". */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { badParameter } from '../errors/api-error.ts';

export const volumeDrivers = ['local'] as const;
export type VolumeDriverName = (typeof volumeDrivers)[number];

export interface Volume {
  readonly name: string;
  readonly driver: VolumeDriverName;
  /** options of the driver, as the client gave them; null when it gave none */
  readonly options: Readonly<Record<string, string>> | null;
  readonly labels: Readonly<Record<string, string>> | null;
  /** ms since 1970 */
  readonly created: number;
}

/** `data` holds the volume's files, `record` says what the volume is. */
export interface VolumePaths {
  readonly dir: string;
  readonly data: string;
  readonly record: string;
}

export const volumesDir = (root: string): string => join(root, 'volumes');
export function volumePaths(root: string, name: string): VolumePaths {
  const dir = join(volumesDir(root), name);
  return { dir, data: join(dir, '_data'), record: join(dir, 'volume.json') };
}

/** dockerd's label of a volume that got no name from its user. `volume prune` takes only these. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';
export const isAnonymous = ({ labels }: Pick<Volume, 'labels'>): boolean =>
  labels !== null && Object.hasOwn(labels, ANONYMOUS_LABEL);

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** The longest name of a directory: pathname lengths of limits.h, NAME_MAX. */
const LONGEST = 255;
export const isVolumeName = (name: string): boolean => NAME.test(name) && name.length > 1 && name.length <= LONGEST;

/** Throws ApiError 400 in dockerd's words. */
export function checkVolumeName(name: string): void {
  if (name.length === 1)
    throw badParameter(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  if (!NAME.test(name))
    throw badParameter(
      `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  if (name.length > LONGEST)
    throw badParameter(`create ${name.slice(0, 40)}…: a volume's name has at most ${LONGEST} bytes`);
}

/**
 * The name of the volume that a container gets at `destination` when its user names none. It follows from the
 * container's id, so the next daemon finds the same name after a start that was cut short.
 */
export const anonymousName = (container: string, destination: string): string =>
  createHash('sha256').update(`${container}:${destination}`).digest('hex');
