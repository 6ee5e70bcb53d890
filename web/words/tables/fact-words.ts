import type { Language } from '../../../lessons/format.ts';
import type { Fact } from '../../../runtime/journal/event.ts';
import { factLine } from '../../../runtime/journal/line.ts';

const GONE = ' is gone';
/** A fact as text: 'ns net is net:[4026532185]'. */
export function factWords(language: Language, fact: Fact): string {
  const line = factLine(fact);
  if (language === 'en') return line;
  const what = factLine({ ...fact, value: null }).slice(0, -GONE.length);
  return fact.value === null ? `${what}: больше нет` : `${what} — ${line.slice(`${what} is `.length)}`;
}
