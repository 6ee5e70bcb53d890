/** The mounts of a container that do not follow from its request alone, as they are kept in its record. */

/**
 * A volume or an image in a container. `type` bind is for a directory of the host that came with `--volumes-from`;
 * binds that the container's own request names are in the request.
 */
export interface MountPoint {
  type: 'volume' | 'bind' | 'image';
  /** the name of the volume, or of the image as it was asked for; '' for a bind */
  name: string;
  /** the directory of the host, for a bind */
  source?: string;
  /** the path in the container */
  destination: string;
  rw: boolean;
  /** the options after the second colon of -v, as `inspect` shows them */
  mode: string;
  propagation: string;
  /** the id of an image */
  image?: string;
  /** options of config.json, for a bind */
  options?: string[];
  /** the user gave no name: `rm -v` and `--rm` remove the volume too */
  anonymous?: true;
  /** an empty volume is filled with the image's directory at `destination`; removed when that was done */
  copy?: true;
  /** the path in the volume, in the image, or in the directory of a bind, that is mounted instead of its root */
  subpath?: string;
  /** for a volume that has to be created */
  labels?: Record<string, string>;
  driver?: string;
  driverOptions?: Record<string, string>;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const optional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value);

/** Whether a value of a record is a mount point. */
export function isMountPoint(value: unknown): value is MountPoint {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Record<string, unknown>;
  return (
    ['volume', 'bind', 'image'].includes(one['type'] as string) &&
    (one['type'] !== 'image' || /^sha256:[0-9a-f]{64}$/.test(one['image'] as string)) &&
    ['name', 'destination', 'mode', 'propagation'].every((field) => isText(one[field])) &&
    ['source', 'subpath', 'driver'].every((field) => optional(one[field], isText)) &&
    typeof one['rw'] === 'boolean' &&
    optional(one['options'], Array.isArray)
  );
}
