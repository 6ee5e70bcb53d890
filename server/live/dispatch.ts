/** All topics of an ask, from the files in topics/, and the check of an ask's fields. */
import { badParameter } from '../../runtime/errors/api-error.ts';
import type { Check } from './ask/checks.ts';
import type { Asks, Topic } from './protocol.ts';
import { branchTopics } from './topics/branches.ts';
import { containerTopics } from './topics/containers.ts';
import { fileTopics } from './topics/files.ts';
import { imageTopics } from './topics/images.ts';
import { lessonTopics } from './topics/lessons.ts';
import { mapTopics } from './topics/map.ts';
import { networkTopics } from './topics/networks.ts';
import { packetTopics } from './topics/packets.ts';
import { terminalTopics } from './topics/terminals.ts';
import { usageTopics } from './topics/usage.ts';
import { volumeTopics } from './topics/volumes.ts';
import { whyTopics } from './topics/why.ts';
import type { Answerers } from './ask/topic.ts';

export const answerers: Answerers<Asks> = {
  ...containerTopics,
  ...branchTopics,
  ...fileTopics,
  ...imageTopics,
  ...lessonTopics,
  ...mapTopics,
  ...networkTopics,
  ...packetTopics,
  ...terminalTopics,
  ...usageTopics,
  ...volumeTopics,
  ...whyTopics,
};

/** Returns only the fields that the topic declares, each checked. Throws 400 with the field's name. */
export function checked<T extends Topic>(topic: T, given: Record<string, unknown>): Asks[T]['ask'] {
  const shape = answerers[topic].shape as Record<string, Check<unknown>>;
  const fields = Object.entries(shape).map(([name, check]) => {
    try {
      return [name, check(given[name])];
    } catch (error) {
      throw badParameter(`${topic}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Asks[T]['ask'];
}
