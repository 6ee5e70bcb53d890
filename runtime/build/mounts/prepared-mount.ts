import type { MountPoint } from '../../volume/mount-point.ts';
import type { RunMount } from './run-mount.ts';

/** A mount as it counts for the cache. */
export interface PreparedMount extends RunMount {
  /** of the files that a bind shows, and of those that a cache begins with */
  content?: string;
}

/** What the container of a RUN gets of its mounts. */
export interface OpenMounts {
  points: MountPoint[];
  tmpfs: Record<string, string>;
  env: string[];
  hiddenEnv: string[];
  close(): Promise<void>;
}
