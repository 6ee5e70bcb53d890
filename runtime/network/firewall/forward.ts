/**
 * Other firewalls at the forward hook. Every base chain there has a say about each packet: an accept ends only its own
 * chain, a drop is final. So containers reach nothing when `iptables -P FORWARD DROP` was given, as dockerd does,
 * whatever Drydock's own table accepts. Therefore their packets are accepted in the chains that such firewalls have,
 * too:
 *
 *   table ip filter                                 iptables, ufw, dockerd
 *     chain FORWARD
 *       jump DOCKER-USER                            if it is there: it is asked first, as before
 *       jump DRYDOCK-USER                           rules of the machine's owner, which Drydock never changes
 *       …                                           what these rules drop stays dropped
 *       jump DRYDOCK-drydock0                       accepts what comes from this bridge or goes to it
 *       drop, reject                                if there is such a rule for all that is left; else the policy
 *   table inet firewalld
 *     chain filter_FORWARD                          the same two rules, first, because its zones reject what is left
 *
 * What may not pass is still dropped by the forward chain of the bridge's own table.
 */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Fields } from '../../kernel/netlink/attribute.ts';
import { isFields } from '../../kernel/netlink/attribute.ts';
import type { Request } from '../../kernel/netlink/message.ts';
import {
  chainOf,
  dumpChains,
  deleteChain,
  newChain,
  newRegularChain,
  NF_INET,
  NF_IP_PRI,
  type Chain,
} from '../../kernel/netlink/nftables/chain.ts';
import { counter, decide, jumpTo, linkIs } from '../../kernel/netlink/nftables/expressions.ts';
import {
  deleteRule,
  dumpRules,
  flushChain,
  insertRule,
  newRule,
  ruleOf,
  type Place,
  type Position,
  type Rule,
} from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { deleteTable, newTable } from '../../kernel/netlink/nftables/table.ts';
import { withNetlink, type NetlinkSocket } from '../../kernel/netlink/socket.ts';
import { changeRules, ensureRules } from '../rules.ts';

const IPTABLES: Place = { family: 'ip', table: 'filter', chain: 'FORWARD' };
const FIREWALLD: Place = { family: 'inet', table: 'firewalld', chain: 'filter_FORWARD' };
export const USER = 'DRYDOCK-USER';
/** iptables(8) allows names of 28 bytes, the name of a link has at most 15. */
const PREFIX = 'DRYDOCK-';
const ownChain = (bridge: string) => `${PREFIX}${bridge}`;
const commentOf = (bridge: string) => `drydock: ${bridge}`;

const isAt =
  ({ family, table, chain }: Place) =>
  (one: Chain) =>
    one.family === family && one.table === table && one.name === chain;

/** The chain to which a rule jumps, if it does. */
function targetOf({ expressions }: Rule): string | undefined {
  for (const { name, data } of expressions) {
    const value = name === 'immediate' && isFields(data) ? data['data'] : undefined;
    const verdict = isFields(value) ? value['verdict'] : undefined;
    if (isFields(verdict) && verdict['chain'] !== undefined) return String(verdict['chain']);
  }
  return undefined;
}

const ACTIONS = ['counter', 'immediate', 'reject', 'target', 'log'];
/** A rule without a condition. */
const matchesAll = ({ expressions }: Rule) => expressions.every(({ name }) => ACTIONS.includes(String(name)));
const dropsAll = (rule: Rule) => matchesAll(rule) && / ?(drop|reject|DROP|REJECT)$/.test(showRule(rule.expressions));

const chainsNow = async (socket: NetlinkSocket): Promise<Chain[]> => (await socket.dump(...dumpChains)).map(chainOf);
async function rulesIn(socket: NetlinkSocket, { family, table, chain }: Place): Promise<Rule[]> {
  const found = await tolerate(['ENOENT'], socket.dump(...dumpRules(table, chain, family)));
  return (found ?? []).map(ruleOf).filter((rule) => rule.chain === chain);
}

const accepting = (bridge: string): Fields[][] =>
  (['iifname', 'oifname'] as const).map((key) => [...linkIs(key, 'eq', bridge), counter, decide('accept')]);

/** The chain FORWARD as iptables(8) would make it. Without a policy, so that an existing one keeps its own. */
function newForward(): Request {
  const { hooknum, priority } = { hooknum: NF_INET.NF_INET_FORWARD, priority: NF_IP_PRI.NF_IP_PRI_FILTER };
  const request = newChain({ table: IPTABLES.table, name: IPTABLES.chain, type: 'filter', hooknum, priority });
  const { policy: _, ...attributes } = request.attributes ?? {};
  return { ...request, attributes };
}

function ownRequests(bridge: string): Request[] {
  const [table, name] = [IPTABLES.table, ownChain(bridge)];
  return [
    newRegularChain(table, name),
    flushChain(table, name),
    ...accepting(bridge).map((rule) => newRule(table, name, rule, commentOf(bridge))),
  ];
}

/** The jumps that are missing in FORWARD. `ends`: chains that drop all that reaches them. */
function jumps(rules: readonly Rule[], bridge: string, accept: boolean, ends: ReadonlySet<string>): Request[] {
  const at = (chain: string) => rules.find((rule) => targetOf(rule) === chain)?.handle;
  const jump = (chain: string, note: string, where: Position) =>
    insertRule(IPTABLES, [counter, jumpTo(chain)], note, where);
  const end = rules.find((rule) => dropsAll(rule) || (matchesAll(rule) && ends.has(targetOf(rule) ?? '')))?.handle;
  const docker = at('DOCKER-USER');
  const early: Position = docker === undefined ? 'first' : { after: docker };
  const late: Position = end === undefined ? 'last' : { before: end };
  return [
    ...(at(USER) === undefined ? [jump(USER, 'rules of your own', early)] : []),
    ...(accept && at(ownChain(bridge)) === undefined ? [jump(ownChain(bridge), commentOf(bridge), late)] : []),
  ];
}

/** The chains of iptables' table with a rule that drops everything: ufw-reject-forward, for instance. */
async function endsOf(socket: NetlinkSocket): Promise<Set<string>> {
  const found = await tolerate(['ENOENT'], socket.dump(...dumpRules(IPTABLES.table)));
  const all = (found ?? []).map(ruleOf).filter(({ chain }) => chain !== IPTABLES.chain);
  return new Set(all.filter(dropsAll).map(({ chain }) => chain));
}

async function plan(
  socket: NetlinkSocket,
  chains: readonly Chain[],
  bridge: string,
  accept: boolean,
): Promise<Request[]> {
  const changes = [
    newTable(IPTABLES.table),
    ...(chains.some(isAt(IPTABLES)) ? [] : [newForward()]),
    newRegularChain(IPTABLES.table, USER),
    ...(accept ? ownRequests(bridge) : []),
    ...jumps(await rulesIn(socket, IPTABLES), bridge, accept, await endsOf(socket)),
  ];
  if (!accept || !chains.some(isAt(FIREWALLD))) return changes;
  const there = (await rulesIn(socket, FIREWALLD)).some(({ comment }) => comment === commentOf(bridge));
  if (there) return changes;
  return [...changes, ...accepting(bridge).map((rule) => insertRule(FIREWALLD, rule, commentOf(bridge)))];
}

/** By bridge, as found at the last change of the host's rules. */
const found = new Map<string, readonly string[]>();

/**
 * With `accept` false only the chain for the owner's rules is made, and the other firewalls decide by themselves.
 * Returns a sentence for each chain that is in the way.
 */
export async function passFirewalls(k: Kernel, bridge: string, accept: boolean): Promise<readonly string[]> {
  await ensureRules(k, `firewalls ${bridge}`, async (socket) => {
    const chains = await chainsNow(socket);
    found.set(bridge, blocking(chains, bridge, accept));
    return plan(socket, chains, bridge, accept);
  });
  return found.get(bridge) ?? [];
}

/**
 * For a network that is removed. With the last one the chain of the owner's rules goes, if it is empty, and the table,
 * if nothing else is in it.
 */
export async function forgetFirewalls(k: Kernel, bridge: string): Promise<void> {
  const changes = await withNetlink(k, NETLINK_NETFILTER, (socket) => removal(socket, bridge));
  if (changes.length) await changeRules(k, changes);
}

async function removal(socket: NetlinkSocket, bridge: string): Promise<Request[]> {
  const chains = await chainsNow(socket);
  const own = ownChain(bridge);
  const firewalld = chains.some(isAt(FIREWALLD)) ? await rulesIn(socket, FIREWALLD) : [];
  const changes = firewalld
    .filter(({ comment }) => comment === commentOf(bridge))
    .map(({ handle }) => deleteRule(FIREWALLD, handle));
  const forward = await rulesIn(socket, IPTABLES);
  const inTable = chains.filter(({ family, table }) => family === IPTABLES.family && table === IPTABLES.table);
  const others = inTable.filter(({ name }) => name.startsWith(PREFIX) && name !== own && name !== USER);
  const last = !others.length && inTable.some(({ name }) => name === USER);
  const idle = last && !(await rulesIn(socket, { ...IPTABLES, chain: USER })).length;
  const gone = [...(inTable.some(({ name }) => name === own) ? [own] : []), ...(idle ? [USER] : [])];
  const left = forward.filter((rule) => !gone.includes(targetOf(rule) ?? ''));
  const foreign = inTable.filter(({ name, drops }) => (name !== IPTABLES.chain || drops) && !gone.includes(name));
  if (idle && !left.length && !foreign.length) return [...changes, deleteTable(IPTABLES.table)];
  return [
    ...changes,
    ...forward.filter((rule) => !left.includes(rule)).map(({ handle }) => deleteRule(IPTABLES, handle)),
    ...gone.flatMap((name) => [flushChain(IPTABLES.table, name), deleteChain(IPTABLES.table, name)]),
  ];
}

/** One sentence for each chain that drops what no rule of it accepts, and that is not changed by Drydock. */
function blocking(chains: readonly Chain[], bridge: string, accept: boolean): string[] {
  const passed = accept ? [isAt(IPTABLES), isAt(FIREWALLD)] : [];
  return chains
    .filter(({ hooknum, drops, table }) => hooknum === NF_INET.NF_INET_FORWARD && drops && table !== bridge)
    .filter(({ family }) => family === 'ip' || family === 'inet')
    .filter((one) => !passed.some((is) => is(one)))
    .map(
      ({ family, table, name }) =>
        `chain ${name} of the nf_tables table ${family} ${table} drops what none of its rules accepts, also what ` +
        `containers send and get: nft insert rule ${family} ${table} ${name} iifname ${bridge} accept, then with oifname`,
    );
}
