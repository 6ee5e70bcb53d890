/**
 * --detach-keys: the keys that detach from a container and leave it running. The daemon uses the same parser and
 * scanner.
 */
import { DetachScanner, parseDetachKeys } from '../../container/io/detach-keys.ts';
import { messageOf, misuse } from '../failure/failure.ts';

/** A scanner for `keys`, or for 'ctrl-p,ctrl-q' when none are given. An invalid key is a misuse (exit code 125). */
export function detachScanner(keys: string | undefined): DetachScanner {
  try {
    return new DetachScanner(parseDetachKeys(keys));
  } catch (error) {
    throw misuse(messageOf(error));
  }
}
