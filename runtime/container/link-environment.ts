/**
 * The variables that --link gives to a container on the default bridge, as dockerd's: DB_PORT_5432_TCP_ADDR and others.
 * Programs from the time before networks had names read them.
 */
import { linksOf, reachable } from '../network/request/legacy-links.ts';
import type { Container } from './container.ts';
import { mergeConfig } from './merge.ts';

interface Port {
  number: number;
  protocol: string;
}

/** TCP first, then by protocol and number. */
function portsOf(exposed: object): Port[] {
  const rank = ({ protocol }: Port) => (protocol === 'tcp' ? '' : protocol);
  return Object.keys(exposed)
    .map((text) => {
      const [number, protocol = 'tcp'] = text.split('/');
      return { number: Number(number), protocol: protocol.toLowerCase() };
    })
    .filter(({ number }) => Number.isInteger(number))
    .sort((a, b) => rank(a).localeCompare(rank(b)) || a.number - b.number);
}

/** Ports in a row are one range. */
function ranges(ports: readonly Port[]): [first: Port, last: Port][] {
  const found: [Port, Port][] = [];
  for (const port of ports) {
    const range = found.at(-1);
    if (range?.[1].protocol === port.protocol && range[1].number + 1 === port.number) range[1] = port;
    else found.push([port, port]);
  }
  return found;
}

/** `name`: '/web/db'. `env`: the target's own variables. Exported for its test. */
export function linkVariables(name: string, address: string, exposed: object, env: readonly string[]): string[] {
  const alias = name.split('/').at(-1)!.toUpperCase().replaceAll('-', '_');
  const ports = portsOf(exposed);
  const prefix = ({ number, protocol }: Port) => `${alias}_PORT_${number}_${protocol.toUpperCase()}`;
  const url = ({ number, protocol }: Port) => `${protocol}://${address}:${number}`;
  return [
    ...ports.slice(0, 1).map((port) => `${alias}_PORT=${url(port)}`),
    ...ports.flatMap((port) => [
      `${prefix(port)}=${url(port)}`,
      `${prefix(port)}_ADDR=${address}`,
      `${prefix(port)}_PORT=${port.number}`,
      `${prefix(port)}_PROTO=${port.protocol}`,
    ]),
    ...ranges(ports)
      .filter(([first, last]) => first !== last)
      .flatMap(([first, last]) => [
        `${prefix(first)}_START=${url(first)}`,
        `${prefix(first)}_PORT_START=${first.number}`,
        `${prefix(first)}_END=${url(last)}`,
        `${prefix(first)}_PORT_END=${last.number}`,
      ]),
    `${alias}_NAME=${name}`,
    ...env.filter((entry) => /^(?!(HOME|PATH)=)[^=]+=/.test(entry)).map((entry) => `${alias}_ENV_${entry}`),
  ];
}

/** Throws ApiError 500 in dockerd's words for a target that does not run, or is on another network. */
export const linkEnvironment = (c: Container): string[] =>
  linksOf<Container>(c, c.other).flatMap((link) => {
    const { request, image } = link.target;
    const { ExposedPorts, Env } = image ? mergeConfig(request, image.config) : request;
    return linkVariables(`/${c.name}/${link.alias}`, reachable(c, link).address!, ExposedPorts ?? {}, Env ?? []);
  });

/** The same as they were when the container was started, for an exec. */
export const linkEnvironmentOfRun = (c: Container): string[] => {
  const prefixes = linksOf<Container>(c, c.other).map(({ alias }) => `${alias.toUpperCase().replaceAll('-', '_')}_`);
  return c.spec.process.env.filter((entry) => prefixes.some((prefix) => entry.startsWith(prefix)));
};
