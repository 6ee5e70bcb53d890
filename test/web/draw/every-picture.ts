/** Every picture, including live measurements with possible values. */
import type { Event } from '../../../runtime/journal/event.ts';
import type { Frame } from '../../../runtime/journal/frame.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { headersOf } from '../../../runtime/watch/headers.ts';
import type { Sample } from '../../../runtime/watch/usage.ts';
import { drawCgroups } from '../../../web/draw/cgroups.ts';
import { drawMachine } from '../../../web/draw/machine.ts';
import type { Drawing } from '../../../web/draw/marks.ts';
import { drawNamespaces } from '../../../web/draw/namespaces.ts';
import { drawNetwork } from '../../../web/draw/network.ts';
import { drawOverlay } from '../../../web/draw/overlay.ts';
import { drawSecurity } from '../../../web/draw/security.ts';
import { drawTimeline } from '../../../web/draw/timeline.ts';
import type { Traffic } from '../../../web/draw/traffic.ts';
import type { DrawWords } from '../../../web/words/en/draw.ts';
import { draw as russian } from '../../../web/words/ru/draw.ts';
import { phaseWords } from '../../../web/words/steps.ts';

export type Draw = (words: DrawWords, frame: Frame, events: readonly Event[], previous?: Frame) => Drawing;
/** Possible samples: without limits, with all values, and without progress of time. */
const sampled = (time: number): Sample[] =>
  [0, 250, 250, 900].map((ms, j) => ({
    time: time + ms,
    memory: { usage: j * 1e8, most: 3e8, hits: j, kills: j > 2 ? 1 : 0, ...(j % 2 && { limit: 1e8 }) },
    cpu: { total: j * 1e9, periods: j, throttledPeriods: j, throttledTime: 0, ...(j > 1 && { limit: 1.5 }) },
    pids: { current: j },
    io: { read: 0, written: 0 },
    frozen: j === 3,
    links: [],
  }));
/** Packets from an address that is not in the journal, of several protocols, some truncated. */
const sent = ['', '0800', '0806', '86dd', `0800450000200000400040110000${'ac1d4d02'}08080808`].map((rest) =>
  headersOf(Uint8Array.from(Buffer.from(`0242ac1d4d010242ac1d4d02${rest}`, 'hex'))),
);
const traffic: Traffic = {
  samples: sampled(0).map((one) => ({
    ...one,
    links: (['container', 'host'] as const).map((side) => ({
      side,
      name: 'eth0',
      rxPackets: 1e9,
      txPackets: 5,
      rxBytes: 1e14,
      txBytes: 0,
      rxErrors: 0,
      txErrors: 0,
      rxDropped: 3,
      txDropped: 0,
    })),
  })),
  packets: Array.from({ length: 60 }, (_, j) => ({
    number: j,
    time: j,
    arrived: 990 + j,
    length: j,
    out: j % 3 > 0,
    headers: sent[j % sent.length]!,
  })),
  rewrites: [1, 2, 3].map((j) => ({
    protocol: 'udp',
    from: `172.29.77.2:${j}`,
    to: `192.0.2.2:${j}`,
    target: '9.9.9.9:53',
  })),
  now: 1200,
};
export const pictures: Record<string, Draw> = {
  machine: (words, frame, events) => drawMachine(words, frame, events, 600),
  'machine, wide': (words, frame, events) => drawMachine(words, frame, events, 1000),
  namespaces: drawNamespaces,
  overlay: drawOverlay,
  cgroups: drawCgroups,
  network: drawNetwork,
  security: drawSecurity,
  timeline: (words, frame, events) =>
    drawTimeline(words, frame, events, words === russian ? phases.map((phase) => phaseWords('ru', phase)) : phases),
  'cgroups with samples': (words, frame, events, previous) =>
    drawCgroups(words, frame, events, previous, sampled(frame.time)),
  'network with traffic': (words, frame, events, previous) => drawNetwork(words, frame, events, previous, traffic),
};
