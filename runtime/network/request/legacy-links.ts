/**
 * --link on the default bridge, which has no name server: names of another container in /etc/hosts. Docker calls these
 * links legacy; on networks that users make a link is an alias in the name server's table (names/table.ts).
 */
import { badParameter, ApiError } from '../../errors/api-error.ts';
import type { Connected } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';

export interface Linked<C> {
  target: C;
  alias: string;
}

/** An alias becomes a word of /etc/hosts and a part of the names of variables. */
const ALIAS = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/;

/** 'db', 'db:alias', or '/db:/web/alias' as inspect shows it. Throws ApiError 400, the first two in dockerd's words. */
export function parseLink(text: string): { name: string; alias: string } {
  if (text === '') throw badParameter('empty string specified for links');
  const [first = '', second = first, ...rest] = text.split(':');
  if (rest.length) throw badParameter(`bad format for links: ${text}`);
  const name = first.replace(/^\//, '');
  const alias = second.split('/').at(-1)!;
  if (!ALIAS.test(alias)) throw badParameter(`invalid alias ${JSON.stringify(alias)} of link ${JSON.stringify(text)}`);
  return { name, alias };
}

const isDefault = ({ driver, networkID }: Endpoint) => driver === 'bridge' && !networkID;
export const defaultEndpoint = ({ endpoints }: Pick<Connected, 'endpoints'>): Endpoint | undefined =>
  endpoints.find(isDefault);

/**
 * The links in the form in which they are kept, 'id:alias', so that they survive a new name. Throws ApiError 400 in
 * dockerd's words.
 */
export function keptLinks(
  links: readonly string[],
  endpoints: readonly Endpoint[],
  other: (ref: string) => Pick<Connected, 'id' | 'endpoints'>,
): string[] {
  const conflict = endpoints.find(({ driver }) => driver === 'host' || driver === 'container');
  if (links.length && conflict) throw conflicting(conflict.driver);
  if (!endpoints.some(isDefault)) return [...links];
  return links.map((text) => {
    const { name, alias } = parseLink(text);
    const target = own(named(name, other), other);
    if (target.endpoints.some(({ driver }) => driver === 'host')) throw conflicting('host');
    return `${target.id}:${alias}`;
  });
}

const conflicting = (driver: string) =>
  badParameter(
    `conflicting options: ${driver === 'host' ? 'host type networking' : 'container type network'} can't be used with links. This would result in undefined behavior`,
  );

/** Not 404, because the docker client would pull an image. */
function named<C>(name: string, other: (ref: string) => C): C {
  try {
    return other(name);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    throw badParameter(`could not get container for ${name}: ${error.message}`);
  }
}

/** The container whose network it uses, when that is another's. */
function own<C extends Pick<Connected, 'endpoints'>>(target: C, other: (ref: string) => C): C {
  const shared = target.endpoints.find(({ driver }) => driver === 'container')?.container;
  return shared === undefined ? target : named(shared, other);
}

/** The links of a container on the default bridge. Those to containers that were removed are left out. */
export function linksOf<C extends Connected>(c: C, other: (ref: string) => C): Linked<C>[] {
  if (!defaultEndpoint(c)) return [];
  return (c.names.links ?? []).flatMap((text) => {
    const { name, alias } = parseLink(text);
    try {
      return [{ target: other(name), alias }];
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return [];
      throw error;
    }
  });
}

/** Throws ApiError 500 in dockerd's words for a target that cannot be reached. Returns its endpoint. */
export function reachable(c: Connected, { target, alias }: Linked<Connected>): Endpoint {
  const endpoint = defaultEndpoint(target);
  if (!endpoint)
    throw new ApiError(500, `Cannot link to /${target.name}, as it does not belong to the default network`);
  if (target.live.pid === undefined || !endpoint.address)
    throw new ApiError(500, `Cannot link to a non running container: /${target.name} AS /${c.name}/${alias}`);
  return endpoint;
}
