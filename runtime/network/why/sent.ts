/** Sends one packet, and what the kernel reports of it in each network namespace that it passes. */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { answerEnds, getFlow, type Ends } from '../../kernel/netlink/conntrack/flow.ts';
import type { ProbeFlow } from './flow.ts';
import { firstPass, hooksOf, type HookPass } from './hooks.ts';
import { netlinkIn, type Place } from './place.ts';
import { isSix } from '../ipam/family.ts';
import { protocolNumbers } from '../ports/protocol-numbers.ts';
import { openProbe, type Probe } from './probe.ts';
import type { Transport } from './target.ts';
import { isDrop, isFirst, isForward, isReset, Trace } from './trace.ts';

export interface Sent {
  /** 'accepted', 'timeout', or an errno's name */
  answer: string;
  /** by network namespace: the hooks on the way there, and those of the answer */
  passes: ReadonlyMap<string, Passes>;
  /** who answers whom, as connection tracking of the host has it; absent when no rule there needs it */
  answered?: Ends;
  /** why the packet could not be followed */
  blind?: string;
}
export interface Passes {
  there: readonly HookPass[];
  back: readonly HookPass[];
}

export interface Address {
  address: string;
  port: number;
}
/** Where to, and where a rule may lead it instead. */
export interface Aim {
  /** the address of the sender */
  source: string;
  to: Address;
  inside?: Address | undefined;
  protocol: Transport;
}

async function follow(
  k: Kernel,
  places: readonly Place[],
  flow: ProbeFlow,
  opened: Trace[],
): Promise<string | undefined> {
  try {
    for (const place of places) opened.push(await Trace.open(k, place, flow));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function passesOf(k: Kernel, trace: Trace, flow: ProbeFlow): Promise<Passes> {
  await trace.drain();
  const there = trace.events.filter((event) => isForward(flow, event) && isFirst(flow, event));
  const back = trace.events.filter((event) => !isForward(flow, event));
  return {
    there: await hooksOf(k, trace.place, trace, firstPass(there)),
    back: await hooksOf(k, trace.place, trace, firstPass(back)),
  };
}

async function answeredBy(k: Kernel, host: Place, ends: Ends, protocol: Transport): Promise<Ends | undefined> {
  const entry = await netlinkIn(k, host, NETLINK_NETFILTER, (socket) =>
    tolerate(['ENOENT', 'EINVAL', 'EOPNOTSUPP'], socket.get(...getFlow(ends, protocolNumbers[protocol]))),
  );
  return entry && answerEnds(entry);
}

/**
 * `places`: the one that sends first, then the others that the packet may pass; each network namespace once. `open`
 * makes the probe when it does not come from one of them.
 */
export async function sendProbe(
  k: Kernel,
  places: readonly Place[],
  host: Place,
  { source, to, inside, protocol }: Aim,
  open: () => Promise<Probe> = () => openProbe(k, places[0]!, to.address, protocol),
): Promise<Sent> {
  const probe = await open();
  const opened: Trace[] = [];
  try {
    const flow: ProbeFlow = {
      protocol,
      family: isSix(to.address) ? 'ip6' : 'ip',
      from: probe.port,
      to: [to.port, inside?.port ?? to.port],
    };
    const blind = await follow(k, places, flow, opened);
    const dropped = () => opened.some(({ events }) => events.some((event) => isDrop(event) && !isReset(event)));
    const answer = await probe.send(to.address, to.port, dropped);
    const passes = new Map<string, Passes>();
    for (const trace of opened) passes.set(trace.place.netns, await passesOf(k, trace, flow));
    const ends = { source, sourcePort: probe.port, destination: to.address, port: to.port };
    const answered = await answeredBy(k, host, ends, protocol);
    return { answer, passes, ...(answered && { answered }), ...(blind !== undefined && { blind }) };
  } finally {
    for (const trace of opened) await trace.close();
    await probe.close();
  }
}
