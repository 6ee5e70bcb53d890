/** The language that the page speaks: chosen once, remembered by the browser. Any component may ask for `speech.words`. */
import { en, type Words } from './en.ts';
import { ru } from './ru.ts';

export type Language = 'en' | 'ru';
export const languages: Record<Language, string> = { en: 'English', ru: 'Русский' };
const tables: Record<Language, Words> = { en, ru };
const KEY = 'drydock.language';

class Speech {
  language = $state<Language>(remembered());
  readonly words = $derived(tables[this.language]);

  choose(language: Language): void {
    this.language = language;
    localStorage.setItem(KEY, language);
  }
}
function remembered(): Language {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === 'en' || kept === 'ru') return kept;
  } catch {
    // a page from a file may have no storage
  }
  return navigator.language.startsWith('ru') ? 'ru' : 'en';
}
export const speech = new Speech();
