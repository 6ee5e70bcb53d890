/**
 * The language that the page speaks: chosen once, remembered by the browser. Any component may ask for `speech.words`.
 */
import { fetched } from './fetched.ts';
import { english, type Spoken } from './spoken.ts';

export type Language = 'en' | 'ru';
export const languages: Record<Language, string> = { en: 'English', ru: 'Русский' };
const spoken: Record<Language, () => Promise<Spoken>> = {
  en: async () => english,
  ru: async () => (await fetched(() => import('./ru.ts'))).russian,
};
const KEY = 'drydock.language';
const isLanguage = (tag: string | null): tag is Language => tag !== null && tag in languages;

class Speech {
  language = $state<Language>('en');
  /** changes with `language`, in one go */
  spoken = $state.raw<Spoken>(english);
  readonly words = $derived(this.spoken.words);

  /** Before anything is shown. Where its words cannot be fetched, the page speaks English. */
  begin(): Promise<void> {
    return this.#speak(remembered() ?? preferred(navigator.languages)).catch(() => this.#speak('en'));
  }
  async #speak(language: Language): Promise<void> {
    this.spoken = await spoken[language]();
    this.language = language;
    // a screen reader takes its voice from here
    document.documentElement.lang = language;
  }
  /** Rejects where its words cannot be fetched: then all stays as it was. */
  async choose(language: Language): Promise<void> {
    await this.#speak(language);
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
