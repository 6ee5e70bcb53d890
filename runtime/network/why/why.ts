/** Why a program in one place reaches an address and a port, or does not: each hop with evidence, and one sentence. */
import { isIP } from 'node:net';
import { badParameter, notFound } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Endpoint } from '../endpoint.ts';
import { hostText } from '../port.ts';
import { PROGRAM } from '../ports/proxy-process.ts';
import { isSix } from '../ipam/family.ts';
import { hostAddress } from './host-address.ts';
import { atAddress, called, isUp, publishedBy, publisherOf, type Known, type Seen } from './known.ts';
import { isIpv4Only, lacksIpv6, nameStop, notPublished, notRunning } from './name-stop.ts';
import { isLoopback } from './listeners.ts';
import { containerPlace, hostPlace, leavePlace, type Place } from './place.ts';
import type { Hop, Report, Stop } from './report.ts';
import type { RecordType } from './message.ts';
import { resolveName } from './resolve.ts';
import { parseTarget, showTarget, type Target } from './target.ts';
import { OUTSIDE, outsidePlace, walk, type Destination, type Walked } from './walk.ts';
import { wayTo } from './way.ts';

export const HOST = 'host';

/** One question: the places that it has opened are left at its end. */
class Question {
  readonly #places: Place[] = [];
  readonly host: Place = hostPlace();

  constructor(
    private readonly k: Kernel,
    private readonly known: Known,
    private readonly target: Target,
    /** only IPv6 will do */
    private readonly six: boolean,
  ) {}

  async leave(): Promise<void> {
    for (const place of this.#places.splice(0)) await leavePlace(this.k, place);
  }

  async place({ container }: Seen): Promise<Place | undefined> {
    const place = await containerPlace(this.k, container);
    if (place) this.#places.push(place);
    return place;
  }

  async from(place: Place): Promise<{ hops: Hop[]; stop?: Stop }> {
    const { host } = this.target;
    const found =
      host === '' ? { address: this.six ? '::1' : '127.0.0.1', hops: [] } : await this.#address(place, host);
    if ('stop' in found) return found;
    const to = await this.#destination(place, found.address, found.hops);
    const walked = await walk(this.k, place, this.host, to);
    // what is dropped on the way to the proxy does not come to the container
    const behind = walked.hops.some(({ kind, stops }) => kind === 'rules' && stops)
      ? undefined
      : await this.#behindProxy(to, walked);
    const stop = behind ? behind.stop : walked.stop;
    // when the proxy goes on, its own answer decides nothing
    const own = behind ? walked.hops.map(({ stops: _, ...hop }): Hop => hop) : walked.hops;
    return { hops: [...found.hops, ...own, ...(behind?.hops ?? [])], ...(stop && { stop }) };
  }

  /** From another machine, to a port of the host or a published port of a container. */
  async fromOutside(): Promise<{ hops: Hop[]; stop?: Stop }> {
    const { host, port, protocol } = this.target;
    if (protocol === 'udp')
      throw badParameter('from outside only packets of TCP are followed: give a target without udp');
    const seen = isIP(host) ? undefined : called(this.known, host);
    if (seen && !isUp(seen)) return { hops: [], stop: notRunning(seen) };
    const any = this.six || isSix(host) ? '::' : '0.0.0.0';
    const published = seen ? publishedBy(seen, this.target, any) : publisherOf(this.known, this.target, any);
    if (seen && !published) return { hops: [], stop: notPublished(seen, port) };
    const hostPort = published?.hostPort ?? port;
    const address = isIP(host) ? host : await hostAddress(this.k, this.known, published?.hostIp ?? any);
    const hop: Hop = {
      kind: 'published',
      where: HOST,
      title: published
        ? `port ${hostPort} of the host is published by ${published.seen.container.name}`
        : `no container publishes port ${hostPort} of the host`,
      evidence: published ? [`${hostText(published.hostIp)}:${hostPort} → ${published.inside}/tcp`] : [],
    };
    const to = await this.#onHost({ text: showTarget(this.target), protocol, address, port: hostPort });
    const walked = await walk(this.k, outsidePlace, this.host, to);
    return { hops: [hop, ...walked.hops], ...(walked.stop && { stop: walked.stop }) };
  }

  async #address(place: Place, name: string): Promise<{ address: string; hops: Hop[] } | { hops: Hop[]; stop: Stop }> {
    if (isIP(name)) return { address: name, hops: [] };
    const seen = place.container ? undefined : called(this.known, name);
    if (seen) return this.#addressFromHost(seen);
    const resolved = await resolveName(this.k, place, name, this.#types(place));
    const { address, by, evidence } = resolved;
    if (address)
      return {
        address,
        hops: [{ kind: 'name', where: place.name, title: `${name} is ${address}, by ${by}`, evidence }],
      };
    const hop: Hop = { kind: 'name', where: place.name, title: `${name} has no address`, evidence, stops: true };
    return { hops: [hop], stop: nameStop(this.known, place, name, resolved, this.six) };
  }

  /** As most programs do; a container that has IPv6 only has no use for an IPv4 address. */
  #types({ container }: Place): RecordType[] {
    if (this.six) return ['AAAA'];
    const own = container?.endpoints ?? [];
    const only6 = own.some(({ address6 }) => address6) && !own.some(({ address }) => address);
    return only6 ? ['AAAA', 'A'] : ['A', 'AAAA'];
  }

  /** The host's resolver knows no names of containers, Drydock does. */
  #addressFromHost(seen: Seen): { address: string; hops: Hop[] } | { hops: Hop[]; stop: Stop } {
    const { name, endpoints } = seen.container;
    const hop = (title: string, lines: string[] = []): Hop => ({ kind: 'name', where: HOST, title, evidence: lines });
    if (!isUp(seen)) return { hops: [{ ...hop(`${name} is not running`), stops: true }], stop: notRunning(seen) };
    const wanted = ({ address, address6 }: Endpoint) => (this.six ? address6 : (address ?? address6));
    const endpoint = endpoints.find((one) => wanted(one));
    const address = endpoint && wanted(endpoint);
    if (address)
      return {
        address,
        hops: [
          hop(`${name} is a container with address ${address} on network ${endpoint.network}`, [
            'the resolver of the host does not know names of containers',
          ]),
        ],
      };
    if (endpoints.some(({ driver }) => driver === 'host'))
      return {
        address: this.six ? '::1' : '127.0.0.1',
        hops: [hop(`${name} is a container in the host's own network namespace`)],
      };
    const none: Hop = { ...hop(`${name} has no ${this.six ? 'IPv6 ' : ''}address`), stops: true };
    if (this.six && isIpv4Only(seen)) return { hops: [none], stop: lacksIpv6(seen) };
    return {
      hops: [none],
      stop: { why: `container ${name} has no address of its own`, change: `drydock network connect bridge ${name}` },
    };
  }

  /** Who has this address now, as seen from `from`. */
  async #destination(from: Place, address: string, hops: readonly Hop[]): Promise<Destination> {
    const { port, protocol } = this.target;
    const plain: Destination = { text: showTarget(this.target), protocol, address, port };
    if (isLoopback(address)) {
      const shared = from.container && from.netns !== this.host.netns;
      return shared ? { ...plain, place: from } : this.#onHost(plain);
    }
    const seen = atAddress(this.known, address);
    const place = seen && (await this.place(seen));
    if (seen && place) return { ...plain, place, ...(seen.status === 'paused' && { paused: true }) };
    if ((await wayTo(this.k, this.host, address))?.local) return this.#onHost(plain);
    const stale = this.#stale(address, hops);
    return { ...plain, ...(stale !== undefined && { stale }) };
  }

  async #onHost(plain: Destination): Promise<Destination> {
    const onHost: Destination = { ...plain, place: this.host };
    const published = publisherOf(this.known, plain, plain.address);
    const address = published && addressFor(plain.address, published.endpoint);
    const place = published && (await this.place(published.seen));
    if (!published || !address || !place) return onHost;
    return { ...onHost, inside: { address, port: published.inside, place } };
  }

  /** No running container has the address: where does the name lead, and who has it now? */
  #stale(address: string, hops: readonly Hop[]): string | undefined {
    const name = hops.find(({ kind }) => kind === 'name');
    if (!name) return undefined;
    const now = called(this.known, this.target.host)?.container;
    const addresses =
      now?.endpoints.flatMap(({ address: its, address6 }) => (isSix(address) ? address6 : its) ?? []) ?? [];
    const where = name.title.replace(/^.* by /, '');
    const instead = now && addresses.length ? `; container ${now.name} has ${addresses.join(', ')}` : '';
    return `${this.target.host} leads to ${address} by ${where}, and no running container has that address${instead}`;
  }

  /** A proxy that took the connection makes another one to the container. */
  async #behindProxy({ inside, text, protocol }: Destination, { listeners, end }: Walked): Promise<Walked | undefined> {
    const proxied = listeners?.here.some(({ words = [] }) => words[0] === PROGRAM);
    if (!inside || !proxied || end?.netns !== this.host.netns) return undefined;
    const hop: Hop = {
      kind: 'proxy',
      where: HOST,
      title: `${PROGRAM} takes the connection and makes another one to ${hostText(inside.address)}:${inside.port}`,
      evidence: [`published port ${this.target.port} → ${inside.place.name} ${inside.port}/${protocol}`],
    };
    const walked = await walk(this.k, this.host, this.host, { text, protocol, ...inside });
    return { ...walked, hops: [hop, ...walked.hops] };
  }
}

/** Rules lead within a family; the proxy leads to the other one where the container has no address of this one. */
const addressFor = (outer: string, { address, address6 }: Endpoint): string | undefined =>
  isSix(outer) ? (address6 ?? address) : (address ?? address6);

function asker(known: Known, ref: string): Seen {
  const byId = /^[0-9a-f]{2,64}$/.test(ref) ? known.filter(({ container: { id } }) => id.startsWith(ref)) : [];
  const seen =
    known.find(({ container: { name } }) => name === ref.replace(/^\//, '')) ??
    (byId.length === 1 ? byId[0] : undefined);
  if (!seen) throw notFound(`No such container: ${ref}`);
  return seen;
}

/** Throws ApiError 400 for a target that is none, 404 for a container that is none. */
export async function why(k: Kernel, known: Known, from: string, to: string, six = false): Promise<Report> {
  const target = parseTarget(to);
  if (six && isIP(target.host) === 4) throw badParameter(`${target.host} is an IPv4 address, and IPv6 was asked for`);
  const question = new Question(k, known, target, six);
  try {
    const found = await answer(question, known, from, target);
    const { stop } = found;
    const who = from;
    return {
      from,
      to,
      reachable: !stop,
      hops: found.hops,
      sentence: stop
        ? `${who} does not reach ${showTarget(target)}: ${stop.why}`
        : `${who} reaches ${showTarget(target)}`,
      ...(stop && { change: stop.change }),
    };
  } finally {
    await question.leave();
  }
}

async function answer(
  question: Question,
  known: Known,
  from: string,
  target: Target,
): Promise<{ hops: Hop[]; stop?: Stop }> {
  if (from === HOST) return question.from(question.host);
  if (from === OUTSIDE) return question.fromOutside();
  if (target.host === '')
    throw badParameter(`a port alone is one of the host: give an address, or HOST or outside as FROM`);
  const seen = asker(known, from);
  const place = isUp(seen) ? await question.place(seen) : undefined;
  return place ? question.from(place) : { hops: [], stop: notRunning(seen) };
}
