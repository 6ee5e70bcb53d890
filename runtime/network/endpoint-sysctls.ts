/**
 * The sysctls of one endpoint's link: --network name=front,driver-opt=com.docker.network.endpoint.sysctls=…
 *
 *   net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.accept_ra=2
 *
 * IFNAME stands for the name that the link gets inside. docker's client makes it ifname.
 */
import { badParameter } from '../errors/api-error.ts';

export const SYSCTLS = 'com.docker.network.endpoint.sysctls';

export interface LinkSysctl {
  /** 'net.ipv4.conf.eth0.log_martians' */
  name: string;
  /** below /proc/sys: 'net/ipv4/conf/eth0/log_martians' */
  path: string;
  value: string;
}

const PARTS = 5;
/** The parts become names of files, so none may lead out of its directory. */
const isPart = (text: string) => /^[a-z0-9_-]+$/i.test(text);
const isValue = (text: string) => /^[\x20-\x7e]{1,200}$/.test(text);

function sysctlOf(text: string, ifname: string): LinkSysctl {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (at < 0 || !isValue(value)) throw badParameter(`expected sysctl '${text}' to have format name=value`);
  const parts = name.split('.');
  if (parts.length !== PARTS || parts[0] !== 'net' || parts[3]?.toUpperCase() !== 'IFNAME' || !parts.every(isPart))
    throw badParameter(`expected sysctl '${text}' to have format net.X.Y.IFNAME.Z`);
  parts[3] = ifname;
  return { name: parts.join('.'), path: parts.join('/'), value };
}

const MOST = 100;

/** Throws ApiError 400 for a text of another form. */
export function linkSysctls(options: Readonly<Record<string, string>> | null | undefined, ifname: string) {
  const text = options?.[SYSCTLS];
  if (!text) return [];
  const all = text.split(',');
  if (all.length > MOST) throw badParameter(`${all.length} sysctls: an endpoint can have at most ${MOST}`);
  return all.map((one) => sysctlOf(one, ifname));
}
