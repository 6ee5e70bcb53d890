/** Shows a rule as nft(8) writes it. One condition of a rule is two or three expressions. */
import type { Fields } from '../attribute.ts';
import { isFields } from '../attribute.ts';
import { CT_STATE, META, SADDR, VERDICT } from './expressions.ts';

const nameOf = (table: Record<string, number>, number: unknown) =>
  Object.entries(table).find(([, n]) => n === number)?.[0] ?? `#${String(number)}`;
const dataOf = (data: Fields, name: string): Buffer => {
  const holder = data[name];
  const value = isFields(holder) ? holder['value'] : undefined;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
};
const bitsSet = (mask: Buffer) => [...mask].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
const states = (mask: Buffer) =>
  Object.entries(CT_STATE)
    .filter(([, bit]) => mask.length === 4 && mask.readUInt32LE() & bit)
    .map(([name]) => name)
    .join(',');

/** What the register holds: its name, a function that writes its value, and the mask that was applied to it. */
interface Loaded {
  name: string;
  mask?: Buffer;
  write(value: Buffer, mask?: Buffer): string;
}
const link = (value: Buffer) => JSON.stringify(value.toString('utf8').replace(/\0.*$/s, ''));

const loads = new Map(
  Object.entries<(data: Fields) => Loaded>({
    meta: ({ key }) => ({ name: nameOf(META, key), write: link }),
    payload: ({ offset }) => ({
      name: offset === SADDR ? 'ip saddr' : `@nh,${String(offset)}`,
      write: (value, mask) => `${value.join('.')}${mask ? `/${bitsSet(mask)}` : ''}`,
    }),
    ct: () => ({ name: 'ct state', write: (_, mask) => states(mask ?? Buffer.alloc(4)) }),
  }),
);
const acts = new Map(
  Object.entries<(data: Fields) => string>({
    counter: ({ packets, bytes }) => `counter packets ${String(packets)} bytes ${String(bytes)}`,
    masq: () => 'masquerade',
    immediate: ({ data }) =>
      isFields(data) && isFields(data['verdict']) ? nameOf(VERDICT, data['verdict']['code']) : 'set',
  }),
);

export function showRule(expressions: readonly Fields[]): string {
  const words: string[] = [];
  let loaded: Loaded | undefined;
  for (const { name, data: given } of expressions) {
    const data = isFields(given) ? given : {};
    const load = loads.get(String(name));
    if (load) loaded = load(data);
    else if (name === 'bitwise' && loaded) loaded.mask = dataOf(data, 'mask');
    else if (name === 'cmp' && loaded) {
      // a mask and then "not equal to zero" means that one of the bits is set; nft(8) writes no != for that
      const differs = data['op'] === 1 && loaded.name !== 'ct state';
      words.push(`${loaded.name} ${differs ? '!= ' : ''}${loaded.write(dataOf(data, 'data'), loaded.mask)}`);
    } else words.push(acts.get(String(name))?.(data) ?? String(name));
  }
  return words.join(' ');
}
