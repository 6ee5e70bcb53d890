/** Checkpoints of a container, for the server: runtime/engine/checkpoints.ts. */

export interface CheckpointRef {
  name: string;
  /** an absolute path of the host; absent: below the container's own directory */
  directory?: string;
}
export interface CheckpointAsked extends CheckpointRef {
  /** the container ends with it */
  exits: boolean;
}

export interface CheckpointList {
  /** Throws ApiError 400 for a name, 409 when it is taken or the container does not run, 501 without CRIU. */
  create(asked: CheckpointAsked, signal?: AbortSignal): Promise<void>;
  /** names, sorted */
  list(directory?: string): Promise<string[]>;
  /** Throws ApiError 404. */
  remove(name: string, directory?: string): Promise<void>;
}
