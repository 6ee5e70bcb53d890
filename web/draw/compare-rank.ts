/**
 * The order of a comparison by what a difference means: namespaces, root, rights, limits, network, then the rest.
 * Within a topic the order of the run stays.
 */
import type { ComparedStep } from '../../runtime/journal/compare.ts';

/** In order of rank; the first pattern that fits decides. */
const topics = [
  { topic: 'namespaces', steps: /^create\.(unshare-|clone3|join-namespaces)|^init\.(hostname|unshare-user|enter-pid)/ },
  {
    topic: 'root',
    steps: /^rw-layer\.|^init\.(pivot-root|chroot|unmount-old-root|mount-|make-device|mask-|readonly-)/,
  },
  {
    topic: 'rights',
    steps: /^init\.(drop-bounding|capabilities|seccomp|no-new-privs|set-user|look-up-user)|^create\.device-rules/,
  },
  { topic: 'limits', steps: /^create\.(limits|cgroup|no-cgroup|join-cgroup)|^init\.rlimits/ },
  { topic: 'network', steps: /^network\./ },
] as const;
export type Topic = (typeof topics)[number]['topic'] | 'rest';

export const topicOf = (step: string): Topic => topics.find(({ steps }) => steps.test(step))?.topic ?? 'rest';
export const isDifferent = ({ of, differences }: ComparedStep): boolean => of !== 'both' || differences.length > 0;

export interface Ranked {
  topic: Topic;
  different: ComparedStep[];
}
/** The steps that differ, by topic, without topics that have none. `alike`: how many steps came to the same. */
export function rank(rows: readonly ComparedStep[]): { ranked: Ranked[]; alike: number } {
  const different = rows.filter(isDifferent);
  const ranked = [...topics.map(({ topic }) => topic), 'rest' as const].flatMap((topic): Ranked[] => {
    const own = different.filter(({ step }) => topicOf(step) === topic);
    return own.length ? [{ topic, different: own }] : [];
  });
  return { ranked, alike: rows.length - different.length };
}
