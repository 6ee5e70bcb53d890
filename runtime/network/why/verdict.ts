/** From what was seen of a probe: does it arrive, or what is in the way. */
import { droppedWords, undropWords, type Dropped } from './hooks.ts';
import { isSix } from '../ipam/family.ts';
import { hostText } from '../port.ts';
import { loopbackOnly, takes, type Listeners } from './listeners.ts';
import type { Stop } from './report.ts';
import type { Transport } from './target.ts';

export interface Findings {
  from: string;
  /** 'db:5432' */
  to: string;
  /** where the packet was to arrive: 'host', a container's name, or undefined outside of this machine */
  place?: string;
  /** after rewriting */
  address: string;
  port: number;
  answer: string;
  protocol: Transport;
  /** on the way there, and on the way back */
  dropped?: Dropped;
  backDropped?: Dropped;
  arrived: boolean;
  listeners?: Listeners;
  /** the address whose MAC address was asked for without an answer */
  silent?: string;
  /** what is known of the address otherwise: 'the name comes from /etc/hosts, and db has 172.18.0.3 now' */
  stale?: string;
  /** both ends are isolated ports of one bridge */
  isolated?: boolean;
  /** the host does not forward packets */
  noForwarding?: boolean;
  paused?: boolean;
  /** Drydock's own tables by name, 'ip br-3f2a91c07be4', and the networks whose rules they hold */
  networks?: ReadonlyMap<string, string>;
}

const others = ({ others }: Listeners): string => {
  const ports = [...new Set(others.map(({ address, port }) => `${hostText(address)}:${port}`))];
  return ports.length ? `; these listen: ${ports.slice(0, 6).join(', ')}` : '; nothing listens on any port';
};

/** There is no answer, or a refusal, though nothing on the way dropped the packet. */
function atTheEnd({ place, listeners, address, port, answer }: Findings): Stop | undefined {
  if (!place || !listeners) return undefined;
  const { here } = listeners;
  if (here.some((one) => takes(one, address))) return undefined;
  if (!here.length)
    return {
      why: `nothing listens on port ${port} in ${place}${others(listeners)}`,
      change: `start the program that is to listen there, or use the port on which it listens`,
    };
  const [{ address: only = '', program = 'the program' } = {}] = here;
  const listens = `${hostText(only)}:${port}`;
  // [::] takes IPv4, too, where IPV6_V6ONLY is not set
  const change = `let ${program} listen on ${isSix(address) ? '[::]' : '0.0.0.0'}:${port}`;
  const what = answer === 'ECONNREFUSED' ? 'refused' : 'not answered';
  if (loopbackOnly(here))
    return {
      why: `${program} in ${place} listens on ${listens} only, which is its own loopback, so what comes to ${address} is ${what}`,
      change,
    };
  return {
    why: `${program} in ${place} listens on ${listens} only, and not on ${address}`,
    change,
  };
}

function noAnswer(f: Findings): Stop {
  const { from, to, place, address, silent, stale, isolated, noForwarding, arrived, answer } = f;
  if (silent)
    return {
      why: `no machine and no container answers for the address ${silent} (${isSix(silent) ? 'NDP' : 'ARP'})${stale ? `: ${stale}` : ''}`,
      change: stale
        ? 'the name must lead to an address that is in use'
        : 'an address that is in use: drydock inspect shows those of containers',
    };
  if (isolated)
    return {
      why: `${from} and ${place} are isolated ports of the bridge (enable_icc=false)`,
      change: `a network whose containers may reach each other`,
    };
  if (noForwarding && !arrived)
    return {
      why: 'the host does not forward packets',
      change: `sysctl ${isSix(address) ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward'}=1`,
    };
  if (answer === 'ECONNREFUSED') return { why: `${to} refuses the connection`, change: 'a program that listens there' };
  if (arrived)
    return {
      why: `the packet arrives in ${place}, and no answer comes back`,
      change: `a look at the program and at the route back: drydock exec ${place} ip route`,
    };
  if (f.protocol === 'udp')
    return {
      why: `the datagram leaves this machine${stale ? ` (${stale})` : ''}, and no answer comes; many programs answer only what they understand, so it may have arrived`,
      change: 'a look at the network outside of this machine, which Drydock cannot follow',
    };
  return {
    why: `the packet leaves this machine${stale ? ` (${stale})` : ''}, and no answer comes (${answer})`,
    change: 'a look at the network outside of this machine, which Drydock cannot follow',
  };
}

/** What Drydock's own rules drop is dropped on purpose: networks are kept apart, and internal ones have no way out. */
function droppedStop({ from, networks }: Findings, dropped: Dropped): Stop {
  const network = networks?.get(dropped.table);
  if (network === undefined) return { why: droppedWords(dropped), change: undropWords(dropped) };
  return {
    why: `network ${network} lets nothing pass that was not asked for from it, published, or on it: ${droppedWords(dropped)}`,
    change: from === 'host' ? 'a published port' : `drydock network connect ${network} ${from}, or a published port`,
  };
}

/** A datagram that came to a socket that takes it: that no answer comes says nothing. */
const isTaken = ({ protocol, answer, dropped, backDropped, silent, isolated, listeners, address }: Findings): boolean =>
  protocol === 'udp' &&
  answer === 'timeout' &&
  !dropped &&
  !backDropped &&
  !silent &&
  !isolated &&
  listeners?.here.some((one) => takes(one, address)) === true;

/** Undefined: it is reachable. */
export function stopOf(f: Findings): Stop | undefined {
  const { answer, dropped, backDropped, paused, place } = f;
  if (answer === 'accepted' || isTaken(f))
    return paused
      ? {
          why: `${place} is paused: its kernel takes the connection, but its programs stand still`,
          change: `drydock unpause ${place}`,
        }
      : undefined;
  if (dropped) return droppedStop(f, dropped);
  if (backDropped)
    return { why: `the answer does not come back: ${droppedWords(backDropped)}`, change: undropWords(backDropped) };
  const ended = f.silent ? undefined : atTheEnd(f);
  return ended ? { ...ended, at: 'listener' } : noAnswer(f);
}
