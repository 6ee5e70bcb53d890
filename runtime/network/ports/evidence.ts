/** What the kernel has for a container's published ports: sockets, rules, the proxy. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { dumpRules, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { Connection } from '../driver.ts';
import { showHostPort, showPort } from '../port.ts';
import { proxyPidOf } from './proxy-process.ts';
import { chainNames } from './rules.ts';

const attempt = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise; // the process has ended
  }
};

/** The rows of /proc/net/… of the sockets that the process holds: proc_pid_net(5). */
function socketsOf(pid: number): string[] {
  const fds = attempt(() => readdirSync(`/proc/${pid}/fd`), []);
  const inodes = new Set(
    fds.flatMap((fd) => /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''))?.[1] ?? []),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((file) =>
    attempt(() => readFileSync(`/proc/net/${file}`, 'latin1'), '')
      .split('\n')
      .filter((row) => inodes.has(row.trim().split(/\s+/)[9] ?? ''))
      .map((row) => {
        const [, local = ''] = row.trim().split(/\s+/);
        return `${file} ${local}`;
      }),
  );
}

export async function socketEvidence(_k: Kernel, { container, endpoint }: Connection): Promise<InspectionSection[]> {
  const lines = (endpoint.ports ?? []).map((port) => `${showHostPort(port)} → ${showPort(port)}`);
  const holder = proxyPidOf(container) ?? process.pid;
  return [
    { title: 'published ports', lines },
    {
      title: `sockets of process ${holder}, /proc/net`,
      lines: container.live.portSockets?.length || holder !== process.pid ? socketsOf(holder) : [],
    },
  ];
}

export async function ruleEvidence(k: Kernel, it: Connection): Promise<InspectionSection[]> {
  const { bridge } = it.network;
  const own = Object.values(chainNames(it));
  const sections: InspectionSection[] = [];
  for (const family of ['ip', ...(it.network.subnet6 ? (['ip6'] as const) : [])] as const) {
    const found = await withNetlink(k, NETLINK_NETFILTER, (socket) =>
      tolerate(['ENOENT'], socket.dump(...dumpRules(bridge, undefined, family))),
    );
    const lines = (found ?? [])
      .map(ruleOf)
      .filter(({ chain }) => own.includes(chain))
      .map(({ chain, expressions }) => `${chain}: ${showRule(expressions)}`);
    sections.push({ title: `nf_tables table ${family} ${bridge}, published ports`, lines });
  }
  return sections;
}

export async function proxyEvidence(_k: Kernel, { container }: Connection): Promise<InspectionSection[]> {
  const pid = proxyPidOf(container);
  if (pid === undefined) return [{ title: 'port proxy', lines: [] }];
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '');
  const wanted = ['Name', 'State', 'Uid', 'CapEff', 'VmRSS'];
  const lines = status.split('\n').filter((line) => wanted.some((name) => line.startsWith(`${name}:`)));
  return [{ title: `port proxy, /proc/${pid}/status`, lines: lines.map((line) => line.replace(/\s+/g, ' ')) }];
}
