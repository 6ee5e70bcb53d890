/** The manual's page of a system call, such as mount(2), and where it can be read. */
import { syscalls } from '../../runtime/syscalls/syscalls.ts';

export const manOf = (name: string): string | undefined =>
  (syscalls as Record<string, { man: string } | undefined>)[name]?.man;

/** man7.org has the sections 2, 3, 7 and 8; drydock(7) is our own. */
export function manAddress(man: string | undefined): string | undefined {
  const [, page, section] = /^(.+)\(([2378])\)$/.exec(man ?? '') ?? [];
  return page && section && page !== 'drydock'
    ? `https://man7.org/linux/man-pages/man${section}/${page}.${section}.html`
    : undefined;
}
