/** The long form of --network: name=front,alias=www,ip=10.5.0.7,"driver-opt=com.docker.network.endpoint.sysctls=…,…" */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { isHardwareAddress } from '../../network/request/added-host.ts';
import { push, type Body } from './flag.ts';

export type Settings = NonNullable<NonNullable<NonNullable<Body['NetworkingConfig']>['EndpointsConfig']>[string]>;
export interface Attachment {
  name: string;
  settings: Settings;
}

/** One record of RFC 4180: a field with a comma in it stands in double quotes. */
function fieldsOf(text: string): string[] {
  const fields: string[] = [];
  const field = /("(?:[^"]|"")*"|[^",]*)(?:,|$)/y;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found) throw new Error('a double quote is not closed, or stands within a field');
    fields.push(found[1]!.startsWith('"') ? found[1]!.slice(1, -1).replaceAll('""', '"') : found[1]!);
  }
  return fields;
}

const must = (right: boolean, what: string): void => {
  if (!right) throw new Error(`give ${what}`);
};

type Set = (settings: Settings, value: string) => void;
const ipam = (settings: Settings, more: NonNullable<Settings['IPAMConfig']>): void => {
  settings.IPAMConfig = { ...settings.IPAMConfig, ...more };
};
const keys: Record<string, Set> = {
  alias: (settings, value) => void (settings.Aliases = push(settings.Aliases, value)),
  'driver-opt': (settings, value) => {
    const at = value.indexOf('=');
    must(at > 0, 'a driver option as name=value');
    settings.DriverOpts = { ...settings.DriverOpts, [value.slice(0, at)]: value.slice(at + 1) };
  },
  ip(settings, value) {
    must(isIPv4(value), 'an IPv4 address');
    ipam(settings, { IPv4Address: value });
  },
  ip6(settings, value) {
    must(isIPv6(value), 'an IPv6 address');
    ipam(settings, { IPv6Address: value });
  },
  'mac-address'(settings, value) {
    must(isHardwareAddress(value), 'six bytes as 02:42:ac:1e:00:02');
    settings.MacAddress = value;
  },
  'link-local-ip'(settings, value) {
    must(isIP(value) !== 0, 'an IP address');
    ipam(settings, { LinkLocalIPs: push(settings.IPAMConfig?.LinkLocalIPs, value) });
  },
  'gw-priority'(settings, value) {
    must(/^-?\d{1,9}$/.test(value), 'a whole number');
    settings.GwPriority = Number(value);
  },
};

/** 'front' is the network's name alone. Throws Error for a key that is not there and for a value of another form. */
export function attachment(text: string): Attachment {
  const fields = fieldsOf(text);
  if (fields.length === 1 && !text.includes('=')) return { name: text, settings: {} };
  const settings: Settings = {};
  let name = '';
  for (const field of fields) {
    const at = field.indexOf('=');
    const [key, value] = [field.slice(0, Math.max(at, 0)).trim().toLowerCase(), field.slice(at + 1).trim()];
    if (at < 0 || !value) throw new Error(`invalid field ${field}: give key=value`);
    if (key === 'name') name = value;
    else if (keys[key]) keys[key](settings, value);
    else throw new Error(`invalid field key ${key}: it is none of name, ${Object.keys(keys).join(', ')}`);
  }
  if (!name) throw new Error('network name or ID is missing: give name=NETWORK');
  return { name, settings };
}
