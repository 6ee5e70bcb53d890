/** Shows what a packet met at each hook of nf_tables, in the words of nft(8), and which rule dropped it. */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { isFields } from '../../kernel/netlink/attribute.ts';
import { dumpChains } from '../../kernel/netlink/nftables/chain.ts';
import { NFPROTO, type Family } from '../../kernel/netlink/nftables/nfgenmsg.ts';
import { dumpRules, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import type { NetlinkSocket } from '../../kernel/netlink/socket.ts';
import { netlinkIn, type Place } from './place.ts';
import { isDrop, type Trace, type Traced } from './trace.ts';

const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

/** The rule, or the policy of a chain, that dropped the packet. */
export interface Dropped {
  place: string;
  hook: string;
  /** 'ip filter' */
  table: string;
  chain: string;
  /** undefined: no rule accepted it, and the chain's policy is drop */
  rule?: string;
  handle: bigint;
}
export interface HookPass {
  hook: string;
  lines: string[];
  dropped?: Dropped;
}

const familyOf = (number: number) =>
  (Object.keys(NFPROTO) as Family[]).find((name) => NFPROTO[name] === number && name !== 'unspec');
const tableOf = ({ family, table }: Traced) => `${familyOf(family) ?? `family ${family}`} ${table}`;

/** 'ip filter FORWARD' → 'forward', for base chains. */
async function baseChains(socket: NetlinkSocket): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { header, attributes } of await socket.dump(...dumpChains)) {
    const at = attributes['hook'];
    const family = familyOf(Number(header['nfgen_family']));
    if (isFields(at) && family)
      found.set(
        `${family} ${String(attributes['table'])} ${String(attributes['name'])}`,
        HOOKS[Number(at['hooknum'])] ?? '',
      );
  }
  return found;
}

/** The rules of the chains in question as text, by handle. */
async function textsOf(socket: NetlinkSocket, events: readonly Traced[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const seen = new Set<string>();
  for (const event of events) {
    const family = familyOf(event.family);
    const key = `${tableOf(event)} ${event.chain}`;
    if (!family || seen.has(key)) continue;
    seen.add(key);
    const rules = await tolerate(['ENOENT'], socket.dump(...dumpRules(event.table, event.chain, family)));
    for (const rule of (rules ?? []).map(ruleOf))
      texts.set(
        `${key} ${rule.handle}`,
        showRule(rule.expressions)
          .replace(/counter packets \d+ bytes \d+ ?/, '')
          .trim(),
      );
  }
  return texts;
}

/** One packet's events: those of a packet that was sent again are left out. */
export function firstPass(events: readonly Traced[]): Traced[] {
  const ids = new Map<string, number>();
  return events.filter(({ table, chain, type, handle, id }) => {
    const key = `${table} ${chain} ${type} ${handle}`;
    if (!ids.has(key)) ids.set(key, id);
    return ids.get(key) === id;
  });
}

/** By hook, in the order in which the packet came to them. */
export async function hooksOf(k: Kernel, place: Place, trace: Trace, events: readonly Traced[]): Promise<HookPass[]> {
  if (!events.length) return [];
  const [chains, texts] = await netlinkIn(k, place, NETLINK_NETFILTER, async (socket) => [
    await baseChains(socket),
    await textsOf(
      socket,
      events.filter((event) => !trace.isOwn(event)),
    ),
  ]);
  const passes: HookPass[] = [];
  let hook = '';
  for (const event of events) {
    const table = tableOf(event);
    hook = (trace.isOwn(event) ? event.chain : chains.get(`${table} ${event.chain}`)) ?? hook;
    let pass = passes.at(-1);
    if (pass?.hook !== hook) passes.push((pass = { hook, lines: [] }));
    if (trace.isOwn(event)) continue;
    const text = texts.get(`${table} ${event.chain} ${event.handle}`);
    const what = event.type === 'rule' ? `rule ${event.handle}: ${text ?? '?'}` : event.type;
    pass.lines.push(`${table} ${event.chain}: ${what} → ${event.verdict}`);
    if (isDrop(event))
      pass.dropped = {
        place: place.name,
        hook,
        table,
        chain: event.chain,
        handle: event.handle,
        ...(event.type === 'rule' && { rule: text ?? `rule ${event.handle}` }),
      };
  }
  return passes;
}

export const droppedWords = ({ rule, table, chain, hook, place }: Dropped): string =>
  rule === undefined
    ? `no rule of chain ${chain} of the nf_tables table ${table} accepts it, and the chain's policy is drop (hook ${hook}, ${place})`
    : `the rule \`${rule}\` in chain ${chain} of the nf_tables table ${table} drops it (hook ${hook}, ${place})`;

export const undropWords = ({ rule, table, chain, handle }: Dropped): string =>
  rule === undefined
    ? `a rule that accepts it: nft add rule ${table} ${chain} … accept`
    : `an accept before that rule, or its end: nft delete rule ${table} ${chain} handle ${handle}`;
