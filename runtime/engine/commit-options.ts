/** The options of a commit: POST /commit. */
import type { Execution } from '../image/changes/changes.ts';
import type { Walking } from '../operation/walking.ts';

export interface CommitOptions extends Walking {
  /** name or id of the container */
  container: string;
  repository?: string;
  tag?: string;
  author?: string;
  comment?: string;
  /** instructions of a Dockerfile */
  changes?: readonly string[];
  /** instead of the container's config; what is missing in it comes from the container */
  config?: Execution;
  /** absent: the container stands still while its files are read */
  pause?: boolean;
}
