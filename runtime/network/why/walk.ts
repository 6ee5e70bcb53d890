/**
 * Walks what a packet meets: it is sent from a place, and followed through the network namespaces that it passes.
 *
 *   from ── route, neighbour ── hooks ── port of the bridge ── the host's hooks ── port of the bridge ── to ── listener
 */
import { readFileSync } from 'node:fs';
import type { Kernel } from '../../kernel/kernel.ts';
import { isSix } from '../ipam/family.ts';
import { SERVER } from '../names/redirect.ts';
import { hostText } from '../port.ts';
import './jobs.ts';
import type { HookPass } from './hooks.ts';
import { endpointAt } from './known.ts';
import { showListener, type Listeners, type ListenersQuestion } from './listeners.ts';
import { DEVICE, openOutside, senderTo } from './outside.ts';
import type { Place } from './place.ts';
import { noRouteStop } from './no-route.ts';
import type { Hop, HopKind, Stop } from './report.ts';
import { sendProbe, type Address, type Passes, type Sent } from './sent.ts';
import type { Transport } from './target.ts';
import { stopOf } from './verdict.ts';
import { bridgePort, isSilent, neighbourAt, showWay, wayTo, type FoundWay } from './way.ts';

/** Where a packet goes, and where it is expected. */
export interface Destination extends Address {
  /** as the user wrote it: 'db:5432' */
  text: string;
  protocol: Transport;
  /** whose address it is; absent: outside of this machine */
  place?: Place;
  /** a published port: the container, and the address and the port to which a rule rewrites it */
  inside?: Address & { place: Place };
  paused?: boolean;
  /** what is known of an address that no machine has, for the last sentence */
  stale?: string;
}
export interface Walked {
  hops: Hop[];
  stop?: Stop;
  /** where it arrives: the container of a published port only when a rule leads there */
  end?: Place;
  listeners?: Listeners;
}

const hop = (kind: HopKind, where: string, title: string, evidence: readonly string[], stops = false): Hop => ({
  kind,
  where,
  title,
  evidence,
  ...(stops && { stops }),
});
const forwards = (address: string): boolean => {
  const path = isSix(address) ? 'ipv6/conf/all/forwarding' : 'ipv4/ip_forward';
  try {
    return readFileSync(`/proc/sys/net/${path}`, 'latin1').trim() === '1';
  } catch {
    return true; // not known
  }
};
const shown = ({ address, port }: Address): string => `${hostText(address)}:${port}`;
export const OUTSIDE = 'outside';
const nowhere: Passes = { there: [], back: [] };

/** One walk: what is the same for all its hops. */
interface Walking {
  k: Kernel;
  from: Place;
  host: Place;
  to: Destination;
  way: FoundWay;
  sent: Sent;
  /** where the packet ends if nothing stops it, and its address and port there */
  end: Address & { place?: Place };
}
const passesAt = ({ sent }: Walking, place: Place | undefined): Passes =>
  sent.passes.get(place?.netns ?? '') ?? nowhere;
const isSame = (one: Place, other: Place | undefined) => one.netns === other?.netns;

/** The tables of the networks of a container: bridge/rules.ts. */
const tablesOf = (place: Place | undefined): [string, string][] =>
  (place?.container?.endpoints ?? []).flatMap((endpoint) => {
    const bridge = place?.container?.networkOf?.(endpoint)?.bridge;
    return bridge ? ['ip', 'ip6'].map((family): [string, string] => [`${family} ${bridge}`, endpoint.network]) : [];
  });

/** Each network namespace once, where it comes first. */
const distinct = (places: readonly (Place | undefined)[]): Place[] =>
  places.filter(
    (place, j): place is Place =>
      place !== undefined && places.findIndex((other) => other?.netns === place.netns) === j,
  );

const linesOf = (passes: readonly HookPass[]): string[] =>
  passes.flatMap(({ hook, lines }) => (lines.length ? lines : ['no rule']).map((line) => `${hook}: ${line}`));

function rulesHop(it: Walking, place: Place): Hop[] {
  const { there } = passesAt(it, place);
  if (!there.length) return [];
  const dropped = there.find((pass) => pass.dropped);
  const title = dropped ? `dropped at hook ${dropped.hook}` : `passes ${there.map(({ hook }) => hook).join(', ')}`;
  return [hop('rules', place.name, title, linesOf(there), dropped !== undefined)];
}

async function neighbourHop({ k, from, to, way, sent }: Walking): Promise<{ hops: Hop[]; silent?: string }> {
  const next = way.gateway ?? to.address;
  const found = way.local ? undefined : await neighbourAt(k, from, way.oif, next);
  if (!found) return { hops: [] };
  const silent = sent.answer !== 'accepted' && isSilent(found);
  const title = silent ? `no machine answers for ${next}` : `${next} has MAC address ${found.mac}`;
  const line = `${next} dev ${way.dev} lladdr ${found.mac || '?'} ${found.state}`;
  return { hops: [hop('neighbour', from.name, title, [line], silent)], ...(silent && { silent: next }) };
}

async function bridgeHop(
  { k, host }: Walking,
  place: Place,
  address: string,
): Promise<{ hops: Hop[]; isolated: boolean }> {
  const link = place.container && endpointAt(place.container, address)?.hostLink;
  const port = link ? await bridgePort(k, host, link) : undefined;
  if (!port) return { hops: [], isolated: false };
  const state = [port.link.up ? 'up' : 'down', ...(port.isolated ? ['isolated'] : [])].join(', ');
  const line = `${port.link.index}: ${port.link.name} master ${port.bridge} (${state})`;
  return {
    hops: [hop('bridge', host.name, `port of ${place.name} on bridge ${port.bridge}`, [line])],
    isolated: port.isolated,
  };
}

function translationHop({ to, host, sent: { answered } }: Walking): Hop[] {
  if (!answered) return [];
  const { source, sourcePort, destination, port } = answered;
  const rewritten = source !== to.address || sourcePort !== to.port;
  const title = rewritten
    ? `the destination ${shown(to)} is rewritten to ${shown({ address: source, port: sourcePort })}`
    : 'connection tracking has an entry for it';
  return [
    hop('translation', host.name, title, [
      `answers: src=${source} dst=${destination} sport=${sourcePort} dport=${port}`,
    ]),
  ];
}

function arrivalHops(it: Walking, place: Place): Hop[] {
  if (!passesAt(it, place).there.length) return [];
  const title = `arrives in the network namespace of ${place.name}`;
  return [hop('arrival', place.name, title, [`${place.netns}, ${shown(it.end)}`]), ...rulesHop(it, place)];
}

async function listenerHop(
  k: Kernel,
  place: Place,
  port: number,
  protocol: Transport,
): Promise<{ hops: Hop[]; listeners: Listeners }> {
  const question = { pid: place.pid, port, protocol } satisfies ListenersQuestion;
  const found = await k.job<Listeners>('why-listeners', question);
  const { here } = found;
  // Drydock's own name server is no program of the container
  const others = found.others.filter(({ address }) => address !== SERVER);
  const listeners: Listeners = { here, others };
  const [some, none] =
    protocol === 'udp'
      ? [`a program listens on UDP port ${port}`, `nothing listens on UDP port ${port}`]
      : [`a program listens on port ${port}`, `nothing listens on port ${port}`];
  return {
    hops: [
      hop(
        'listener',
        place.name,
        here.length ? some : none,
        (here.length ? here : others).map((one) => showListener(one, protocol)),
      ),
    ],
    listeners,
  };
}

function wayBackHop(it: Walking, places: readonly Place[]): Hop[] {
  const reversed = places.toReversed();
  const back = reversed.flatMap((place) => passesAt(it, place).back);
  if (!back.length) return [];
  const dropped = back.some((pass) => pass.dropped);
  const lines = reversed.flatMap((place) => linesOf(passesAt(it, place).back).map((line) => `${place.name}, ${line}`));
  return [hop('way-back', it.from.name, dropped ? 'the answer is dropped' : 'the answer comes back', lines, dropped)];
}

const answers: Record<string, string> = {
  accepted: 'the connection is accepted',
  timeout: 'no answer comes',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection is accepted, and reset at once',
  EHOSTUNREACH: 'no machine has the address',
};

const datagrams: Record<string, string> = {
  accepted: 'an answer comes',
  timeout: 'no answer comes, which is usual for a program that does not understand the datagram',
  ECONNREFUSED: 'the port is unreachable (ICMP)',
};
const answerWords = (answer: string, protocol: Transport): string =>
  (protocol === 'udp' ? datagrams[answer] : undefined) ?? answers[answer] ?? answer;

/** Where it ends: the container of a published port only if a rule rewrites the destination. */
function endOf(to: Destination, { answered, passes }: Sent): Walking['end'] {
  const { inside } = to;
  const led =
    inside &&
    (answered
      ? answered.source === inside.address && answered.sourcePort === inside.port
      : passes.get(inside.place.netns)?.there.length);
  if (led) return inside;
  return { address: to.address, port: to.port, ...(to.place && { place: to.place }) };
}

/** A machine that is not this one: its own routes and rules are not seen. */
export const outsidePlace: Place = { name: OUTSIDE, pid: 0, netns: OUTSIDE };
const wire = (address: string): FoundWay => ({ oif: 0, source: senderTo(address), local: true, dev: DEVICE });
const WIRE = 'rules that name another link, such as that of the uplink, are not met by it';

/** Sends the packet and tells what it met. */
export async function walk(k: Kernel, from: Place, host: Place, to: Destination): Promise<Walked> {
  const outside = from.name === OUTSIDE;
  const way = outside ? wire(to.address) : await wayTo(k, from, to.address);
  if (!way) {
    const title = `no route to ${to.address}`;
    const stop = noRouteStop(from, to.address);
    return { hops: [hop('route', from.name, title, ['RTM_GETROUTE: ENETUNREACH'], true)], stop };
  }
  const places = distinct([...(outside ? [] : [from]), host, to.inside?.place ?? to.place]);
  const open = outside ? () => openOutside(k, to.address) : undefined;
  const sent = await sendProbe(
    k,
    places,
    host,
    { source: way.source, to, inside: to.inside, protocol: to.protocol },
    open,
  );
  const it: Walking = { k, from, host, to, way, sent, end: endOf(to, sent) };
  const { place } = it.end;

  const neighbour = await neighbourHop(it);
  const out = await bridgeHop(it, from, way.source);
  const into =
    place && !isSame(from, place) ? await bridgeHop(it, place, it.end.address) : { hops: [], isolated: false };
  const listening = place && (await listenerHop(k, place, it.end.port, to.protocol));
  const hops = [
    outside
      ? hop('route', from.name, `comes in by a link ${DEVICE} made for it, with address ${way.source}`, [WIRE])
      : hop('route', from.name, `leaves by ${way.dev} with address ${way.source}`, [showWay(to.address, way)]),
    ...neighbour.hops,
    ...rulesHop(it, from),
    ...out.hops,
    ...(isSame(from, host) ? [] : rulesHop(it, host)),
    ...translationHop(it),
    ...into.hops,
    ...(place && !isSame(from, place) && !isSame(host, place) ? arrivalHops(it, place) : []),
    ...(listening?.hops ?? []),
    ...wayBackHop(it, places),
  ];

  const all = places.map((one) => passesAt(it, one));
  const dropped = all.flatMap(({ there }) => there).find((pass) => pass.dropped)?.dropped;
  const backDropped = all.flatMap(({ back }) => back).find((pass) => pass.dropped)?.dropped;
  const stop = stopOf({
    from: from.name,
    to: to.text,
    ...(place && { place: place.name }),
    address: it.end.address,
    port: it.end.port,
    answer: sent.answer,
    protocol: to.protocol,
    ...(dropped && { dropped }),
    ...(backDropped && { backDropped }),
    arrived:
      place !== undefined && passesAt(it, place).there.some(({ hook }) => hook === 'input' || hook === 'prerouting'),
    ...(listening && { listeners: listening.listeners }),
    ...(neighbour.silent !== undefined && { silent: neighbour.silent }),
    ...(to.stale !== undefined && { stale: to.stale }),
    isolated: out.isolated && into.isolated,
    noForwarding: !isSame(from, host) && !isSame(host, place) && !forwards(it.end.address),
    ...(to.paused && { paused: true }),
    networks: new Map([from, place].flatMap(tablesOf)),
  });
  const evidence = [
    `${to.protocol === 'udp' ? 'sendto' : 'connect'}(${shown(to)}) = ${sent.answer}`,
    ...(sent.blind === undefined ? [] : [`the packet could not be followed: ${sent.blind}`]),
  ];
  const ends = hops.findLastIndex(({ kind }) => kind === stop?.at);
  if (ends >= 0) hops[ends] = { ...hops[ends]!, stops: true };
  const last = stop !== undefined && !hops.some(({ stops }) => stops);
  hops.push(hop('answer', from.name, answerWords(sent.answer, to.protocol), evidence, last));
  return {
    hops,
    ...(stop && { stop }),
    ...(place && { end: place }),
    ...(listening && { listeners: listening.listeners }),
  };
}
