import * as assert from 'uvu/assert';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../../runtime/syscalls/constants.ts';
import type { Fields, Value } from '../../../runtime/kernel/netlink/attribute.ts';
import { decodeDatagram, showDatagram } from '../../../runtime/kernel/netlink/decode/decode.ts';
import { encodeMessage, NLM_F, type Decoded, type Request } from '../../../runtime/kernel/netlink/message.ts';
import { inOneBatch } from '../../../runtime/kernel/netlink/nftables/batch.ts';
import { newChain } from '../../../runtime/kernel/netlink/nftables/chain.ts';
import {
  counter,
  CT_STATE,
  decide,
  destinationIs,
  destinationIsLocal,
  destinationNotIn,
  destinationPort,
  destinationRewritten,
  linkIs,
  rewriteDestination,
  masquerade,
  sourceIn,
  stateIn,
} from '../../../runtime/kernel/netlink/nftables/expressions.ts';
import { newRule, ruleOf } from '../../../runtime/kernel/netlink/nftables/rule.ts';
import { showRule } from '../../../runtime/kernel/netlink/nftables/show-rule.ts';
import { newTable } from '../../../runtime/kernel/netlink/nftables/table.ts';
import { addressOf, newAddress } from '../../../runtime/kernel/netlink/route/address.ts';
import { linkOf, newLink, setLink } from '../../../runtime/kernel/netlink/route/link.ts';
import { neighbourOf, newNeighbour } from '../../../runtime/kernel/netlink/route/neighbour.ts';
import { newDefaultRoute, routeOf } from '../../../runtime/kernel/netlink/route/route.ts';
import { showMessage } from '../../../runtime/kernel/netlink/show.ts';
import { suite } from '../../harness.ts';
import * as captured from './captured.ts';

const test = suite('netlink codec');

const SEQ = 0x6b017653;
/** Normalised for comparison: ip(8) does not set NLA_F_NESTED, and each tool has its own order of attributes. */
const said = (decoded: Decoded[]) =>
  decoded.map(({ kind, header, attributes }) => ({ name: kind.name, header, attributes: sorted(attributes) }));
function sorted(value: Value | undefined): unknown {
  if (Array.isArray(value)) return value.map((item: Fields) => sorted(item));
  if (typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, inner]) => [name, sorted(inner as Value)]),
  );
}
const again = (protocol: number, request: Request) => said(decodeDatagram(protocol, encodeMessage(request, SEQ)));
const ack = (request: Request) => ({ ...request, flags: (request.flags ?? 0) | NLM_F.NLM_F_ACK });

test('a neighbour is written byte for byte as by ip(8)', () => {
  assert.equal(
    encodeMessage(ack(newNeighbour(2, '172.30.0.7', '02:42:ac:1e:00:07')), SEQ + 1).toString('hex'),
    captured.neighbour.toString('hex'),
  );
});

test('a link is brought up byte for byte as by ip(8)', () => {
  assert.equal(encodeMessage(ack(setLink(2, {}, true)), SEQ).toString('hex'), captured.up.toString('hex'));
});

test('veth pair, bridge, address and route say the same as those of ip(8)', () => {
  const pair = newLink({
    ifname: 'v0',
    mtu: 1400,
    linkinfo: { kind: 'veth', data: { peer: { ifname: 'peer', mtu: 1400, net_ns_pid: 1234 } } },
  });
  const cases: [Buffer, Request][] = [
    [captured.vethPair, pair],
    [captured.bridge, newLink({ ifname: 'br0', linkinfo: { kind: 'bridge' } })],
    [captured.address, newAddress({ index: 2, address: '172.30.0.1', prefix: 16 }, '172.30.255.255')],
  ];
  for (const [bytes, request] of cases) {
    assert.equal(again(NETLINK_ROUTE, request), said(decodeDatagram(NETLINK_ROUTE, bytes)));
    assert.equal(encodeMessage(ack(request), SEQ).subarray(4, 32), bytes.subarray(4, 32));
  }
  const [route] = decodeDatagram(NETLINK_ROUTE, captured.defaultRoute);
  assert.equal(routeOf(route!), { to: '0.0.0.0', prefix: 0, gateway: '172.30.0.9', oif: 0, table: 254, metric: 0 });
  assert.equal(again(NETLINK_ROUTE, newDefaultRoute('172.30.0.9', 0))[0]!.header, route!.header);
});

test('objects come back from bytes as they went in', () => {
  const one = (request: Request) => decodeDatagram(NETLINK_ROUTE, encodeMessage(request, 1))[0]!;
  const link = linkOf(
    one(
      newLink({
        ifname: 'b',
        mtu: 1400,
        address: '02:42:ac:1e:00:01',
        ifalias: 'drydock',
        master: 7,
        linkinfo: { kind: 'bridge' },
      }),
    ),
  );
  assert.equal(link, {
    index: 0,
    name: 'b',
    up: false,
    lowerUp: false,
    mtu: 1400,
    mac: '02:42:ac:1e:00:01',
    kind: 'bridge',
    master: 7,
    alias: 'drydock',
  });
  assert.equal(addressOf(one(newAddress({ index: 3, address: '10.88.0.9', prefix: 24 }, '10.88.0.255'))), {
    index: 3,
    address: '10.88.0.9',
    prefix: 24,
  });
  assert.equal(neighbourOf(one(newNeighbour(3, '10.88.0.9', '02:00:00:00:00:01'))), {
    index: 3,
    address: '10.88.0.9',
    mac: '02:00:00:00:00:01',
    state: 'NUD_PERMANENT',
  });
});

test('a batch of table, chain and rule says the same as that of nft(8)', () => {
  const rule = [...linkIs('oifname', 'neq', 'drydock0'), { name: 'counter', data: {} }, masquerade];
  const changes = [
    newTable('t'),
    newChain({ table: 't', name: 'p', type: 'nat', hooknum: 4, priority: 100 }),
    newRule('t', 'p', rule),
  ];
  const ours = said(inOneBatch(changes).flatMap((r, j) => decodeDatagram(NETLINK_NETFILTER, encodeMessage(r, j))));
  const theirs = said(decodeDatagram(NETLINK_NETFILTER, captured.natRule));
  // Drydock sends what nft leaves to the default: policy accept, no flags.
  delete (ours[2]!.attributes as Record<string, unknown>)['policy'];
  delete (theirs[1]!.attributes as Record<string, unknown>)['flags'];
  assert.equal(ours, theirs);
});

test('states and sources are asked for as by nft(8)', () => {
  const count = { name: 'counter', data: {} };
  const state = newRule('t', 'f', [
    ...linkIs('oifname', 'eq', 'drydock0'),
    ...stateIn(CT_STATE.established | CT_STATE.related),
    count,
    decide('accept'),
  ]);
  assert.equal(again(NETLINK_NETFILTER, state), said(decodeDatagram(NETLINK_NETFILTER, captured.stateRule)));
  const source = newRule('t', 'f', [...sourceIn('172.16.0.0', '255.240.0.0'), decide('drop')]);
  assert.equal(again(NETLINK_NETFILTER, source), said(decodeDatagram(NETLINK_NETFILTER, captured.sourceRule)));
});

test('rules are shown in the words of nft(8)', () => {
  const words = (bytes: Buffer) =>
    showRule(
      ruleOf(decodeDatagram(NETLINK_NETFILTER, bytes).find(({ kind }) => kind.name === 'NFT_MSG_NEWRULE')!).expressions,
    ).replace(' packets undefined bytes undefined', '');
  assert.is(words(captured.natRule), 'oifname != "drydock0" counter masquerade');
  assert.is(words(captured.stateRule), 'oifname "drydock0" ct state established,related counter accept');
  assert.is(words(captured.sourceRule), 'ip saddr 172.16.0.0/12 drop');
  assert.is(
    showRule([...linkIs('iifname', 'eq', 'drydock0'), counter, decide('drop')]),
    'iifname "drydock0" counter packets 0 bytes 0 drop',
  );
  const published = [
    ...linkIs('iifname', 'neq', 'drydock0'),
    ...destinationIsLocal,
    ...destinationPort(6, 8080),
    counter,
    ...rewriteDestination('172.30.0.2', 80),
  ];
  assert.is(
    showRule(published),
    'iifname != "drydock0" fib daddr type local tcp dport 8080 counter packets 0 bytes 0 dnat to 172.30.0.2:80',
  );
  assert.is(
    showRule([...destinationNotIn('127.0.0.0', '255.0.0.0'), ...destinationIs('192.0.2.1'), ...destinationRewritten]),
    'ip daddr != 127.0.0.0/8 ip daddr 192.0.2.1 ct status dnat',
  );
  assert.is(showRule([{ name: 'limit', data: Buffer.from('x') }, { name: 'immediate' }]), 'limit set');
});

test('the comment of a rule is kept, and cut to what nft(8) allows', () => {
  const back = (note: string) => again(NETLINK_NETFILTER, newRule('t', 'f', [counter], note))[0]!.attributes;
  assert.is((back('web') as { userdata: string }).userdata, 'web');
  assert.is((back('w'.repeat(300)) as { userdata: string }).userdata.length, 127);
});

test('messages are shown as strace(1) might', () => {
  assert.is(
    showDatagram(NETLINK_ROUTE, captured.vethPair),
    'RTM_NEWLINK {ifname "v0", mtu 1400, linkinfo {kind "veth", data {peer {ifname "peer", mtu 1400, net_ns_pid 1234}}}}',
  );
  assert.is(
    showDatagram(NETLINK_ROUTE, captured.address),
    'RTM_NEWADDR {family 2, prefixlen 16, index 2, address 172.30.0.1, local 172.30.0.1, broadcast 172.30.255.255}',
  );
  assert.is(
    showMessage(setLink('veth1', { master: 3 }, true)),
    'RTM_NEWLINK {flags IFF_UP, change IFF_UP, ifname "veth1", master 3}',
  );
  assert.match(
    showDatagram(NETLINK_NETFILTER, captured.natRule),
    'NFT_MSG_NEWCHAIN {nfgen_family 2, table "t", name "p", hook {hooknum NF_INET_POST_ROUTING, priority 100}, type "nat"}; ',
  );
  assert.match(
    showDatagram(NETLINK_NETFILTER, captured.natRule),
    '{name "cmp", data {sreg 1, op neq, data {value "drydock0"}}}',
  );
});

test('an attribute that does not exist is a mistake in the program, and said so', () => {
  assert.throws(() => encodeMessage(newLink({ color: 'blue' }), 1), 'no netlink attribute is called color here');
});

test.run();
