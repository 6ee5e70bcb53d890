/** The keys that leave a container running, as a flag: the daemon reads and finds them in the same way. */
import { DetachScanner, parseDetachKeys } from '../../container/io/detach-keys.ts';
import { messageOf, misuse } from '../failure/failure.ts';

/** A scanner for 'ctrl-p,ctrl-q' or what the user gave instead; what is no key is a misuse (exit code 125). */
export function detachScanner(keys: string | undefined): DetachScanner {
  try {
    return new DetachScanner(parseDetachKeys(keys));
  } catch (error) {
    throw misuse(messageOf(error));
  }
}
