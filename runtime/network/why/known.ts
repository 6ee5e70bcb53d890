/** What is known of containers and their networks, for names and addresses. */
import type { Connected } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import { isSix } from '../ipam/family.ts';
import type { Protocol } from '../port.ts';
import type { Target } from './target.ts';

export interface Seen {
  container: Connected;
  /** 'running', 'paused', 'exited' … */
  status: string;
}
/** All containers, also those that do not run. */
export type Known = readonly Seen[];

export const isUp = ({ status }: Seen): boolean => status === 'running' || status === 'paused';

/** Endpoints as a user knows them: without those that share another namespace. */
export const networksOf = ({ endpoints }: Connected): string[] => endpoints.map(({ network }) => network);

export const endpointAt = ({ endpoints }: Connected, address: string): Endpoint | undefined =>
  endpoints.find((endpoint) => endpoint.address === address || endpoint.address6 === address);

export const atAddress = (known: Known, address: string): Seen | undefined =>
  known.find((one) => isUp(one) && endpointAt(one.container, address));

function namesOf({ id, name, spec, endpoints }: Connected): string[] {
  const own = [name, id, id.slice(0, 12), spec.hostname ?? '', ...endpoints.flatMap(({ aliases = [] }) => aliases)];
  const behindDot = endpoints.flatMap(({ network }) => own.map((one) => `${one}.${network}`));
  return [...own, ...behindDot].map((one) => one.toLowerCase());
}
/** By name, alias, hostname or id: running ones first. */
export const called = (known: Known, name: string): Seen | undefined => {
  const all = known.filter(({ container }) => namesOf(container).includes(name.toLowerCase()));
  return all.find(isUp) ?? all[0];
};

/** A port of a running container that the host has, too. */
export interface Publication {
  protocol: Protocol;
  seen: Seen;
  endpoint: Endpoint;
  inside: number;
  hostIp: string;
  hostPort: number;
}
const publications = (known: Known): Publication[] =>
  known.filter(isUp).flatMap((seen) =>
    seen.container.endpoints.flatMap((endpoint) =>
      (endpoint.ports ?? []).map(({ protocol, port: inside, hostIp, hostPort }) => ({
        protocol,
        seen,
        endpoint,
        inside,
        hostIp,
        hostPort,
      })),
    ),
  );

const isAny = (address: string) => address === '0.0.0.0' || address === '::';
/** The running container that has published this port at that address of the host, or at any of its family. */
export const publisherOf = (
  known: Known,
  { port, protocol }: Pick<Target, 'port' | 'protocol'>,
  address: string,
): Publication | undefined =>
  publications(known).find(
    ({ hostPort, hostIp, protocol: its }) =>
      hostPort === port &&
      its === protocol &&
      isSix(hostIp) === isSix(address) &&
      (isAny(hostIp) || isAny(address) || hostIp === address),
  );
/** Where the host has this port of the container. `any`: '0.0.0.0' or '::', for the family. */
export const publishedBy = (seen: Seen, { port, protocol }: Pick<Target, 'port' | 'protocol'>, any: string) =>
  publications([seen]).find(
    ({ inside, hostIp, protocol: its }) => inside === port && its === protocol && isSix(hostIp) === isSix(any),
  );
