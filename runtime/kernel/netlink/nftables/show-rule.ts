/** Shows a rule as nft(8) writes it. One condition of a rule is two or three expressions. */
import type { Fields } from '../attribute.ts';
import { isFields } from '../attribute.ts';
import { toText6 } from '../ipv6-text.ts';
import {
  CT,
  CT_STATE,
  DADDR,
  DADDR6,
  DPORT,
  IPS_DST_NAT,
  META,
  NFT_PAYLOAD_TRANSPORT_HEADER,
  RTN_LOCAL,
  SADDR,
  SADDR6,
  SPORT,
  VERDICT,
} from './expressions.ts';

const nothing = Buffer.alloc(0);
const nameOf = (table: Record<string, number>, number: unknown) =>
  Object.entries(table).find(([, n]) => n === number)?.[0] ?? `#${String(number)}`;
const dataOf = (data: Fields, name: string): Buffer => {
  const holder = data[name];
  const value = isFields(holder) ? holder['value'] : undefined;
  return Buffer.isBuffer(value) ? value : nothing;
};
const bitsSet = (mask: Buffer) => [...mask].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
const bitNames = (table: Record<string, number>) => (mask: Buffer) =>
  Object.entries(table)
    .filter(([, bit]) => mask.length === 4 && mask.readUInt32LE() & bit)
    .map(([name]) => name)
    .join(',');
const states = bitNames(CT_STATE);
const statuses = bitNames({ dnat: IPS_DST_NAT });
const protocols: Record<number, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 132: 'sctp' };
const ports = (value: Buffer) => (value.length === 2 ? String(value.readUInt16BE()) : `0x${value.toString('hex')}`);
const transportFields: Record<number, string> = { [SPORT]: 'sport', [DPORT]: 'dport' };
const transportField = (offset: unknown) => transportFields[Number(offset)] ?? `@th,${String(offset)}`;
const networkFields: Record<number, Record<number, string>> = {
  4: { [SADDR]: 'ip saddr', [DADDR]: 'ip daddr' },
  16: { [SADDR6]: 'ip6 saddr', [DADDR6]: 'ip6 daddr' },
};
const SIX = 16;
const addressText = (value: Buffer) =>
  value.length === SIX ? toText6(BigInt(`0x${value.toString('hex')}`)) : value.join('.');

/** What the register holds: its name, a function that writes its value, and the mask that was applied to it. */
interface Loaded {
  name: string;
  mask?: Buffer;
  write(value: Buffer, mask?: Buffer): string;
}
const link = (value: Buffer) => JSON.stringify(value.toString('utf8').replace(/\0.*$/s, ''));

const loads = new Map(
  Object.entries<(data: Fields) => Loaded>({
    meta: ({ key }) => ({
      name: nameOf(META, key),
      write: key === META.l4proto ? ([number = 0]) => protocols[number] ?? String(number) : link,
    }),
    payload: ({ base, offset, len }) =>
      base === NFT_PAYLOAD_TRANSPORT_HEADER
        ? { name: transportField(offset), write: ports }
        : {
            name: networkFields[Number(len)]?.[Number(offset)] ?? `@nh,${String(offset)}`,
            write: (value, mask) => `${addressText(value)}${mask ? `/${bitsSet(mask)}` : ''}`,
          },
    ct: ({ key }) =>
      key === CT.status
        ? { name: 'ct status', write: (_, mask) => statuses(mask ?? Buffer.alloc(4)) }
        : { name: 'ct state', write: (_, mask) => states(mask ?? Buffer.alloc(4)) },
    fib: () => ({ name: 'fib daddr type', write: (value) => (value[0] === RTN_LOCAL ? 'local' : String(value[0])) }),
  }),
);
const verdictOf = ({ code, chain }: Fields) =>
  `${nameOf(VERDICT, code)}${chain === undefined ? '' : ` ${String(chain)}`}`;
const acts = new Map(
  Object.entries<(data: Fields) => string>({
    counter: ({ packets, bytes }) => `counter packets ${String(packets)} bytes ${String(bytes)}`,
    masq: () => 'masquerade',
    reject: () => 'reject',
    target: ({ name }) => String(name),
    immediate: ({ data }) => (isFields(data) && isFields(data['verdict']) ? verdictOf(data['verdict']) : 'set'),
  }),
);

/** `dnat to 172.30.0.2:80`: the address and the port were put into registers before. */
const rewrites = (held: readonly Buffer[]): string => {
  const [address, port] = held.slice(-2);
  const text = address && (address.length === SIX ? `[${addressText(address)}]` : addressText(address));
  return `dnat to ${text ?? '?'}:${port ? ports(port) : '?'}`;
};

export function showRule(expressions: readonly Fields[]): string {
  const words: string[] = [];
  const held: Buffer[] = [];
  let loaded: Loaded | undefined;
  for (const { name, data: given } of expressions) {
    const data = isFields(given) ? given : {};
    const writes = data['sreg'] !== undefined && (name === 'payload' || name === 'meta');
    const load = writes ? undefined : loads.get(String(name));
    const immediate = name === 'immediate' ? dataOf(data, 'data') : nothing;
    if (load) loaded = load(data);
    else if (immediate.length) held.push(immediate);
    else if (name === 'nat') words.push(rewrites(held));
    else if (writes && name === 'meta')
      words.push(`meta ${nameOf(META, data['key'])} set 0x${held.at(-1)?.toString('hex') ?? ''}`);
    else if (writes) words.push(`${transportField(data['offset'])} set ${ports(held.at(-1) ?? nothing)}`);
    else if (name === 'bitwise' && loaded) loaded.mask = dataOf(data, 'mask');
    else if (name === 'cmp' && loaded) {
      // a mask and then "not equal to zero" means that one of the bits is set; nft(8) writes no != for that
      const differs = data['op'] === 1 && !loaded.name.startsWith('ct ');
      const written = loaded.write(dataOf(data, 'data'), loaded.mask);
      // nft(8) writes the protocol only before the port: `tcp dport 80`
      words.push(loaded.name === 'l4proto' ? written : `${loaded.name} ${differs ? '!= ' : ''}${written}`);
    } else words.push(acts.get(String(name))?.(data) ?? String(name));
  }
  return words.join(' ');
}
