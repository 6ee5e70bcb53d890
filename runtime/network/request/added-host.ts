/**
 * The values of --add-host, --ip and --mac-address. These checks are pure, so that the command line can use them too.
 */
import { isIP } from 'node:net';

/** Parses 'name:address' or 'name=address'. The address may be host-gateway. Undefined when the text is invalid. */
export function parseHost(entry: string): { name: string; address: string } | undefined {
  const [, name, address] = /^([\w.-]+)[:=](\S+)$/.exec(entry) ?? [];
  return name && address ? { name, address: address.replace(/^\[(.*)\]$/, '$1') } : undefined;
}

export const isHostAddress = (address: string): boolean => address === 'host-gateway' || isIP(address) !== 0;

/** A link must have a unicast address: the lowest bit of the first byte marks group addresses. */
export const isHardwareAddress = (mac: string): boolean =>
  /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac) && (parseInt(mac, 16) & 1) === 0 && mac !== '00:00:00:00:00:00';
