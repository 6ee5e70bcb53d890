/** The requests about volumes, and their results. */

/** Without a name, or with one that no user gave, the volume is anonymous. */
export interface VolumeRequest {
  name?: string;
  anonymous?: boolean;
  driver?: string;
  options?: Readonly<Record<string, string>> | null;
  labels?: Readonly<Record<string, string>> | null;
}
export interface Pruned {
  names: string[];
  /** bytes that became free */
  bytes: number;
}
