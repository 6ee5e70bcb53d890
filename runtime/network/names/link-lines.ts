/** The lines of /etc/hosts for --link on the default bridge. */
import type { Connected } from '../driver.ts';
import { linksOf, reachable } from '../request/legacy-links.ts';
import { addressesOf } from './files.ts';

/** The alias, the target's host name and its name. Throws ApiError 500 for a target that cannot be reached. */
export const linkLines = (c: Connected): string[] =>
  linksOf(c, c.other).flatMap((link) => {
    const { target, alias } = link;
    const names = [...new Set([alias, target.spec.hostname ?? target.id.slice(0, 12), target.name])].join(' ');
    return addressesOf(reachable(c, link)).map((address) => `${address}\t${names}`);
  });
