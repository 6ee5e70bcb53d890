/** The language that the page speaks: chosen once, remembered by the browser. Any component may ask for `speech.words`. */
import { en, type Words } from './en.ts';
import { ru } from './ru.ts';

export type Language = 'en' | 'ru';
export const languages: Record<Language, string> = { en: 'English', ru: 'Русский' };
const tables: Record<Language, Words> = { en, ru };
const KEY = 'drydock.language';
const isLanguage = (tag: string | null): tag is Language => tag !== null && tag in languages;

class Speech {
  language = $state<Language>(remembered() ?? preferred(navigator.languages));
  readonly words = $derived(tables[this.language]);

  constructor() {
    document.documentElement.lang = this.language;
  }
  choose(language: Language): void {
    this.language = language;
    // a screen reader takes its voice from here
    document.documentElement.lang = language;
    try {
      localStorage.setItem(KEY, language);
    } catch {
      // a page from a file may have no storage: then it is not remembered
    }
  }
}
function remembered(): Language | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return isLanguage(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}
/** The first of those that a reader has asked the browser for, and that the page speaks: BCP 47, "ru-RU" is "ru". */
function preferred(tags: readonly string[]): Language {
  return tags.map((tag) => tag.toLowerCase().split('-')[0]!).find(isLanguage) ?? 'en';
}
export const speech = new Speech();
