/** The map of the whole machine and its past, while a viewer looks at them. */
import { mapOf } from '../../messages/machine-map.ts';
import { pastOf } from '../../messages/machine-past.ts';
import { truth } from '../ask/checks.ts';
import { standing } from '../ask/standing.ts';
import type { Answerers } from '../ask/topic.ts';

export interface MapAsks {
  /** `map` messages, the first at once, then one after each change, until `on` is false */
  map: { ask: { on: boolean }; answer: object };
  /** the same with `past` messages */
  past: { ask: { on: boolean }; answer: object };
}

export const mapTopics: Answerers<MapAsks> = {
  map: { shape: { on: truth }, answer: standing((engine) => ({ type: 'map', map: mapOf(engine) })) },
  past: { shape: { on: truth }, answer: standing((engine) => ({ type: 'past', past: pastOf(engine) })) },
};
