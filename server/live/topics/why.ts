/** Why A reaches B, or does not, as `drydock why` says it. */
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import { askWhy } from '../../../runtime/network/why/ask.ts';
import type { Report } from '../../../runtime/network/why/report.ts';
import { knownTo } from '../../messages/known-to.ts';
import { text } from '../ask/checks.ts';
import type { Answerers } from '../ask/topic.ts';

export interface WhyAsks {
  /** from: a container, 'host' or 'outside'; to: a URL, NAME:PORT, ADDRESS:PORT, or a port of the host */
  why: { ask: { from: string; to: string }; answer: Report };
}

export const whyTopics: Answerers<WhyAsks> = {
  why: {
    shape: { from: text, to: text },
    answer: ({ engine }, { from, to }) => askWhy(daemonKernel(), knownTo(engine), from, to),
  },
};
