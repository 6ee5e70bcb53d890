/**
 * The lines of --link in the hosts file of a running container: the address follows that of the other container, and a
 * link that is removed has no line any more. As in dockerd, the alias is the first name of its line.
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected } from '../driver.ts';
import { isSix } from '../ipam/family.ts';
import { defaultEndpoint, linksOf } from '../request/legacy-links.ts';
import { addressesOf } from './files.ts';
import { changeFile } from './write-files.ts';

/** The address of a line for this alias; undefined for every other line. */
function addressFor(line: string, alias: string): string | undefined {
  const [address, names = ''] = line.split('\t', 2);
  return names.split(' ', 1)[0] === alias ? address : undefined;
}

function withAddress(content: string, alias: string, address: string): string {
  const moved = (line: string) => {
    const before = addressFor(line, alias);
    return before && isSix(before) === isSix(address) ? `${address}${line.slice(before.length)}` : line;
  };
  return content.split('\n').map(moved).join('\n');
}

/** Writes the addresses that the linked containers have now. One that does not run keeps its last one. */
export async function followLinks(k: Kernel, c: Connected): Promise<void> {
  for (const { target, alias } of linksOf(c, c.other)) {
    const endpoint = target.live.pid === undefined ? undefined : defaultEndpoint(target);
    for (const address of endpoint ? addressesOf(endpoint) : [])
      await changeFile(k, c, 'hosts', `… ${address}\t${alias}`, (content) => withAddress(content, alias, address));
  }
}

export const forgetLink = (k: Kernel, c: Connected, alias: string): Promise<void> =>
  changeFile(k, c, 'hosts', `… without ${alias}`, (content) =>
    content
      .split('\n')
      .filter((line) => addressFor(line, alias) === undefined)
      .join('\n'),
  );
