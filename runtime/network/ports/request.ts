/**
 * From a create request to the ports that a start publishes: ExposedPorts, HostConfig.PortBindings and PublishAllPorts,
 * Docker Engine API, "Create a container".
 */
import { badParameter } from '../../errors/api-error.ts';
import { ipBytes } from '../../kernel/ip-bytes.ts';
import type { Connected } from '../driver.ts';
import { comparePorts, protocols, showPort, type ContainerPort, type PortRequest, type Protocol } from '../port.ts';

/** The value of a key of HostConfig.PortBindings. Clients send null for "exposed only". */
interface Binding {
  HostIp?: string;
  HostPort?: string;
}
/** The part of a container that says which of its ports are published. */
export type Publishing = Pick<Connected, 'request' | 'image'>;

const MOST = 65535;
const isProtocol = (text: string): text is Protocol => (protocols as readonly string[]).includes(text);
const numberOf = (text: string): number | undefined =>
  /^\d{1,5}$/.test(text) && Number(text) <= MOST ? Number(text) : undefined;

/** '80', '80/tcp', '53/UDP' → a port. Undefined for other texts. */
export function parseContainerPort(text: string): ContainerPort | undefined {
  const [number = '', protocol = 'tcp', ...rest] = text.split('/');
  const port = numberOf(number);
  const lower = protocol.toLowerCase();
  return port === undefined || !isProtocol(lower) || rest.length ? undefined : { port, protocol: lower };
}

/** '', '8080' or '8000-8010' → the first and the last port; '' is [0, 0]. Undefined for other texts. */
export function parseRange(text: string): [first: number, last: number] | undefined {
  const [begin = '', end, ...rest] = text.split('-');
  const first = text === '' ? 0 : numberOf(begin);
  const last = end === undefined ? first : numberOf(end);
  return first === undefined || last === undefined || last < first || rest.length ? undefined : [first, last];
}

function parsed(key: string): ContainerPort {
  const port = parseContainerPort(key);
  const number = key.split('/')[0] ?? '';
  if (!port)
    throw badParameter(
      numberOf(number) === undefined
        ? `invalid port specification: "${number}"`
        : `invalid proto: ${key.split('/')[1]}`,
    );
  return port;
}

function requestOf(port: ContainerPort, binding: unknown): PortRequest {
  if (typeof binding !== 'object' || binding === null)
    throw badParameter(`invalid HostConfig.PortBindings: ${showPort(port)} must be a list of objects`);
  const { HostIp = '', HostPort = '' } = binding as Binding;
  if (typeof HostIp !== 'string' || typeof HostPort !== 'string')
    throw badParameter(`invalid HostConfig.PortBindings: HostIp and HostPort of ${showPort(port)} must be strings`);
  const range = parseRange(HostPort);
  if (!range) throw badParameter(`invalid port specification: "${HostPort}"`);
  if (HostIp !== '' && !ipBytes(HostIp)) throw badParameter(`invalid IP address: ${HostIp}`);
  return { ...port, hostIp: HostIp, first: range[0], last: range[1] };
}

/** Every port that the image or the request declares, also those that are only published. */
export function exposedPorts({ request, image }: Publishing): ContainerPort[] {
  const keys = [
    ...Object.keys(image?.config.config?.ExposedPorts ?? {}),
    ...Object.keys(request.ExposedPorts ?? {}),
    ...Object.keys(request.HostConfig.PortBindings ?? {}),
  ];
  const ports = new Map(keys.flatMap((key) => parseContainerPort(key) ?? []).map((port) => [showPort(port), port]));
  return [...ports.values()].sort(comparePorts);
}

/** How exact a request is: a port that was named is taken before any free one is, as in dockerd. */
const latitude = ({ first, last }: PortRequest): number => (first === 0 ? 2 : first === last ? 0 : 1);

/** What a start publishes, the most exact requests first. Throws ApiError 400 for an invalid value. */
export function portRequests(container: Publishing): PortRequest[] {
  const { PortBindings, PublishAllPorts } = container.request.HostConfig;
  const bound = Object.entries(PortBindings ?? {}).map(([key, value]: [string, unknown]) => {
    const port = parsed(key);
    if (value !== null && !Array.isArray(value))
      throw badParameter(`invalid HostConfig.PortBindings: ${key} must be a list`);
    return { port, list: (value ?? []) as readonly unknown[] };
  });
  const requests = bound.flatMap(({ port, list }) => list.map((binding) => requestOf(port, binding)));
  const published = new Set(requests.map(showPort));
  const rest = PublishAllPorts ? exposedPorts(container).filter((port) => !published.has(showPort(port))) : [];
  return [...requests, ...rest.map((port) => ({ ...port, hostIp: '', first: 0, last: 0 }))].sort(
    (a, b) => latitude(a) - latitude(b) || comparePorts(a, b),
  );
}

/** A container can be given as many ports as its proxy has room for: native/port-state.h, two addresses each. */
const MOST_REQUESTS = 4096;

/** The checks of create. Throws ApiError 400. */
export function checkPorts(request: Publishing['request']): void {
  for (const key of Object.keys(request.ExposedPorts ?? {})) parsed(key);
  const { length } = portRequests({ request });
  if (length > MOST_REQUESTS)
    throw badParameter(`${length} published ports: a container can have at most ${MOST_REQUESTS}`);
}
