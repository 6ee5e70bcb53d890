/** What --add-host, --ip and --mac-address take: pure, so that the command line asks the same questions. */
import { isIP } from 'node:net';

/** 'name:address' or 'name=address'; the address may be host-gateway. Undefined when it is neither. */
export function parseHost(entry: string): { name: string; address: string } | undefined {
  const [, name, address] = /^([\w.-]+)[:=](\S+)$/.exec(entry) ?? [];
  return name && address ? { name, address: address.replace(/^\[(.*)\]$/, '$1') } : undefined;
}

export const isHostAddress = (address: string): boolean => address === 'host-gateway' || isIP(address) !== 0;

/** A link of its own has a unicast address: the lowest bit of the first byte marks groups. */
export const isHardwareAddress = (mac: string): boolean =>
  /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac) && (parseInt(mac, 16) & 1) === 0 && mac !== '00:00:00:00:00:00';
