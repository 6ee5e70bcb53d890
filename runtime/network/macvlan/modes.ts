/** The modes of macvlan and ipvlan links: linux/if_link.h, ip-link(8). */
import { badParameter } from '../../errors/api-error.ts';

export type Kind = 'macvlan' | 'ipvlan';

const modes: Record<Kind, Readonly<Record<string, number>>> = {
  macvlan: { private: 1, vepa: 2, bridge: 4, passthru: 8 },
  ipvlan: { l2: 0, l3: 1, l3s: 2 },
};
const flags: Readonly<Record<string, number>> = { bridge: 0, private: 1, vepa: 2 };
const defaults: Record<Kind, string> = { macvlan: 'bridge', ipvlan: 'l2' };

/** What is asked for by -o macvlan_mode, ipvlan_mode, ipvlan_flag. Throws ApiError 400 in dockerd's words. */
export function linkData(kind: Kind, options: Readonly<Record<string, string>>): Record<string, number> {
  const mode = options[`${kind}_mode`] || defaults[kind];
  const number = modes[kind][mode];
  if (number === undefined)
    throw badParameter(
      `requested ${kind} mode '${mode}' is not valid, '${defaults[kind]}' mode is the ${kind} driver default`,
    );
  if (kind === 'macvlan') return { mode: number };
  const flag = options['ipvlan_flag'] || 'bridge';
  if (flags[flag] === undefined)
    throw badParameter(`requested ipvlan flag '${flag}' is not valid, 'bridge' is the ipvlan driver default`);
  return { mode: number, flags: flags[flag] };
}

const MOST_VLAN = 4094;

/** 'eth0.10' → the link below and the id; undefined for a name without a dot. Throws ApiError 400. */
export function vlanOf(parent: string): { below: string; id: number } | undefined {
  const at = parent.lastIndexOf('.');
  if (at < 1) return undefined;
  const id = Number(parent.slice(at + 1));
  if (!/^\d+$/.test(parent.slice(at + 1)))
    throw badParameter(`invalid subinterface vlan name ${parent}, example formatting is eth0.10`);
  if (id < 1 || id > MOST_VLAN) throw badParameter(`vlan id must be between 1-${MOST_VLAN}, received: ${id}`);
  return { below: parent.slice(0, at), id };
}
