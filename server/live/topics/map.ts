/** The map of the whole machine, while a viewer looks at it. */
import { mapOf, type MachineMap } from '../../messages/machine-map.ts';
import { LIMITS } from '../ask/limits.ts';
import { truth } from '../ask/checks.ts';
import type { Answerers, Asker } from '../ask/topic.ts';

export interface MapAsks {
  /** `map` messages, the first at once, then one after each change, until `on` is false */
  map: { ask: { on: boolean }; answer: object };
}

/** How often the machine is looked at: two small reads for each running container. */
const LOOK_MS = 1000;

/** what each viewer has been sent */
const sent = new Map<Asker, string>();
let timer: NodeJS.Timeout | undefined;

function leave(asker: Asker): void {
  sent.delete(asker);
  if (sent.size) return;
  clearInterval(timer);
  timer = undefined;
}

function read(engine: Asker['engine']): { map: MachineMap; text: string } {
  const map = mapOf(engine);
  return { map, text: JSON.stringify(map) };
}

function look(askers: Iterable<Asker>): void {
  const maps = new Map<Asker['engine'], { map: MachineMap; text: string }>();
  for (const asker of askers) {
    // a slow viewer gets only the newest
    if (asker.ahead() > LIMITS.ahead) continue;
    const { map, text } = maps.get(asker.engine) ?? read(asker.engine);
    maps.set(asker.engine, { map, text });
    if (text === sent.get(asker)) continue;
    sent.set(asker, text);
    asker.tell({ type: 'map', map });
  }
}

export const mapTopics: Answerers<MapAsks> = {
  map: {
    shape: { on: truth },
    answer: (asker, { on }) => {
      if (!on || asker.gone.aborted) return (leave(asker), {});
      if (!sent.has(asker)) asker.gone.addEventListener('abort', () => leave(asker), { once: true });
      sent.set(asker, '');
      look([asker]);
      timer ??= setInterval(() => look(sent.keys()), LOOK_MS).unref();
      return {};
    },
  },
};
