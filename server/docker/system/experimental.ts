/**
 * Whether the docker client shows commands that it calls experimental: `checkpoint` and `start --checkpoint`. It hides
 * them from an engine that does not say so. The only other one is `build --squash`, which is refused by name.
 */
import { findCriu } from '../../../runtime/kernel/process/criu.ts';

/** Each answer has a header that says it, and CRIU may be installed at any time. */
const KEPT_MS = 5_000;
let known = { at: -Infinity, is: false };

export function experimental(): boolean {
  const at = performance.now();
  if (at - known.at > KEPT_MS) known = { at, is: findCriu() !== undefined };
  return known.is;
}
