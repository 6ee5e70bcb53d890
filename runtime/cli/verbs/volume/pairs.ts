/** Values of a repeatable option, 'key=value' each, as an object. A key alone has an empty value. */
import { pair } from '../../flags/flag.ts';

export const pairs = (given: readonly string[] | undefined): Record<string, string> | null =>
  given ? Object.fromEntries(given.map((text) => pair(text))) : null;
