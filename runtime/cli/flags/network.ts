/** Flags for the container's network and its names for other hosts. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { isHardwareAddress, isHostAddress, parseHost } from '../../network/request/added-host.ts';
import { attachment, type Settings } from './attachment.ts';
import { push, type Body, type Flag } from './flag.ts';

/** 'name:ip' or 'name=ip' → docker's form 'name:ip'. */
function host(body: Body, value: string): void {
  const added = parseHost(value);
  if (!added || !isHostAddress(added.address)) throw new Error('give name:address');
  body.HostConfig.ExtraHosts = push(body.HostConfig.ExtraHosts, `${added.name}:${added.address}`);
}

/** The first network is the container's own one; each further one is one more endpoint. */
function mode(body: Body, value: string): void {
  const { name, settings } = attachment(value);
  const first = !body.HostConfig.NetworkMode;
  if (first) body.HostConfig.NetworkMode = name;
  if (!first || Object.keys(settings).length) change(body, name, settings);
}

function change(body: Body, name: string, settings: Settings): void {
  const all = body.NetworkingConfig?.EndpointsConfig ?? {};
  body.NetworkingConfig = { EndpointsConfig: { ...all, [name]: { ...all[name], ...settings } } };
}

/**
 * Changes the endpoint of the first network, which has the name of its network. The row of --network comes before, so
 * that the name is set.
 */
const endpoint = (body: Body, settings: Settings): void =>
  change(body, body.HostConfig.NetworkMode || 'default', settings);

function alias(body: Body, value: string): void {
  const name = body.HostConfig.NetworkMode || 'default';
  endpoint(body, { Aliases: push(body.NetworkingConfig?.EndpointsConfig?.[name]?.Aliases, value) });
}

function address(body: Body, value: string): void {
  if (!isIPv4(value)) throw new Error('give an IPv4 address');
  ipam(body, () => ({ IPv4Address: value }));
}

function address6(body: Body, value: string): void {
  if (!isIPv6(value)) throw new Error('give an IPv6 address');
  ipam(body, () => ({ IPv6Address: value }));
}

function linkLocal(body: Body, value: string): void {
  if (!isIP(value)) throw new Error('give an IP address');
  ipam(body, ({ LinkLocalIPs }) => ({ LinkLocalIPs: push(LinkLocalIPs, value) }));
}

type Addresses = NonNullable<Settings['IPAMConfig']>;
function ipam(body: Body, settings: (before: Addresses) => Addresses): void {
  const before = body.NetworkingConfig?.EndpointsConfig?.[body.HostConfig.NetworkMode || 'default']?.IPAMConfig ?? {};
  endpoint(body, { IPAMConfig: { ...before, ...settings(before) } });
}

function mac(body: Body, value: string): void {
  if (!isHardwareAddress(value)) throw new Error('give six bytes as 02:42:ac:1e:00:02');
  endpoint(body, { MacAddress: value });
}

function nameserver(body: Body, value: string): void {
  if (!isIP(value)) throw new Error('give an IP address');
  body.HostConfig.Dns = push(body.HostConfig.Dns, value);
}

export const networkFlags: readonly Flag[] = [
  {
    flags: '--network <network>',
    help: 'bridge, none, host, container:ID, or a network that was made, also name=NAME,alias=…,ip=…; repeatable',
    many: true,
    set: mode,
  },
  { flags: '--net <network>', help: 'the same as --network', many: true, set: mode },
  { flags: '--network-alias <name>', help: 'a further name on the first network', many: true, set: alias },
  { flags: '--net-alias <name>', help: 'the same as --network-alias', many: true, set: alias },
  { flags: '--ip <address>', help: 'IPv4 address on the first network', set: address },
  { flags: '--ip6 <address>', help: 'IPv6 address on the first network', set: address6 },
  {
    flags: '--link-local-ip <address>',
    help: 'a further address, of 169.254.0.0/16 or fe80::/10',
    many: true,
    set: linkLocal,
  },
  { flags: '--mac-address <address>', help: 'MAC address of eth0', set: mac },
  { flags: '--dns <address>', help: 'nameserver in /etc/resolv.conf', many: true, set: nameserver },
  {
    flags: '--dns-search <domain>',
    help: 'search domain in /etc/resolv.conf',
    many: true,
    set: (b, v) => void (b.HostConfig.DnsSearch = push(b.HostConfig.DnsSearch, v)),
  },
  {
    flags: '--dns-option <option>',
    help: 'option in /etc/resolv.conf',
    many: true,
    set: (b, v) => void (b.HostConfig.DnsOptions = push(b.HostConfig.DnsOptions, v)),
  },
  {
    flags: '--link <container:alias>',
    help: 'a further name of another container, for this one only',
    many: true,
    set: (b, v) => void (b.HostConfig.Links = push(b.HostConfig.Links, v)),
  },
  { flags: '--add-host <name:address>', help: 'line in /etc/hosts', many: true, set: host },
];
