/** The event under the cursor, in words. */
import type { Event } from '../../runtime/journal/event.ts';
import { callLine, facts, resultLine } from '../../runtime/journal/line.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { isCall } from './facts.ts';
import { familyOf } from './families.ts';
import { titleOf } from './timeline-slots.ts';

export interface Detail {
  who: string;
  what: string;
  result: string;
  man?: string;
  about: string;
  step: string;
  facts: string[];
  failed: boolean;
}
/** The event at the cursor, in words. */
export function detailOf(
  { timeline: words }: DrawWords,
  event: Event,
  man: (name: string) => string | undefined,
): Detail {
  const common = { step: event.step ?? '', facts: facts(event).map(words.fact) };
  if (!isCall(event))
    return {
      ...common,
      who: words.types[event.type],
      what: event.type === 'fact' ? words.kernelSays : words.line(event),
      result: '',
      about: '',
      failed: (event.type === 'step' || event.type === 'phase') && event.at === 'failed',
    };
  const page = man(event.name);
  return {
    ...common,
    who: titleOf(words, event.actor),
    what: callLine(event),
    result: resultLine(event),
    about: words.families[familyOf(event.name, event.args).name],
    failed: event.errno !== undefined,
    ...(page && { man: page }),
  };
}
