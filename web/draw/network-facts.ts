/** What a frame knows of the network: links, addresses, rules. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { changed, fact, factsOf, hasEnded } from './facts.ts';
import { columnsOf } from './namespaces.ts';

export interface Link {
  key: string;
  side: 'host' | 'container';
  name: string;
  words: string;
  up: boolean;
  address?: string;
  isNew: boolean;
}
export interface Rule {
  key: string;
  chain: string;
  words: string;
  isNew: boolean;
}
export interface Net {
  mode: 'bridge' | 'none' | 'host' | 'joined' | 'early' | 'ended';
  links: Link[];
  routes: [string, string][];
  rules: Rule[];
}

/** Removes 'counter packets 0 bytes 0' from a rule, because these are the numbers at its creation. */
export const withoutCounter = (rule: string) => rule.replace(/ counter packets \d+ bytes \d+/, '');

/** How many packets and bytes a rule has seen, from the newest sample that has the rules; undefined without one. */
export function countOf(
  samples: readonly { rules?: readonly string[] }[],
  { chain, words }: Pick<Rule, 'chain' | 'words'>,
): { packets: number; bytes: number } | undefined {
  const line = samples
    .findLast(({ rules }) => rules !== undefined)
    ?.rules?.find((one) => withoutCounter(one) === `${chain}: ${words}`);
  const [, packets, bytes] = / counter packets (\d+) bytes (\d+)/.exec(line ?? '') ?? [];
  return packets === undefined ? undefined : { packets: Number(packets), bytes: Number(bytes) };
}

export function netOf(frame: Frame, events: readonly Event[], previous?: Frame): Net {
  const links = Object.entries(factsOf(frame, 'link')).map(([key, words]): Link => {
    const [side, name = ''] = key.split('/') as ['host' | 'container', string];
    const address = fact(frame, 'address', key);
    return {
      key,
      side,
      name,
      words,
      up: /\bup$|^uplink/.test(words),
      ...(address !== undefined && { address }),
      isNew: changed(frame, previous, 'link', key) || changed(frame, previous, 'address', key),
    };
  });
  const rules = Object.entries(factsOf(frame, 'nft')).map(([key, words]) => ({
    key,
    chain: key.split(' ')[1] ?? '',
    words: withoutCounter(words),
    isNew: changed(frame, previous, 'nft', key),
  }));
  const tie = columnsOf(frame, events).find(({ kind }) => kind === 'net')!.tie;
  const later =
    frame.done.some((id) => id.startsWith('init.')) || ['starting', 'running', 'paused'].includes(frame.state);
  const cabled = links.some(({ side, words }) => side === 'host' && words.startsWith('veth'));
  const mode = hasEnded(frame)
    ? 'ended'
    : tie === 'joined'
      ? 'joined'
      : cabled || !later
        ? later || cabled || links.length
          ? 'bridge'
          : 'early'
        : tie === 'shared'
          ? 'host'
          : 'none';
  return { mode, links, routes: Object.entries(factsOf(frame, 'route')), rules };
}
