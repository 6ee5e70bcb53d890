/** The page's language: chosen once, stored by the browser. Any component may use `speech.words`. */
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
  /** replaced together with `language` */
  spoken = $state.raw<Spoken>(english);
  readonly words = $derived(this.spoken.words);

  /** Called before anything is shown. If the words cannot be fetched, the page is in English. */
  begin(): Promise<void> {
    return this.#speak(remembered() ?? preferred(navigator.languages)).catch(() => this.#speak('en'));
  }
  async #speak(language: Language): Promise<void> {
    this.spoken = await spoken[language]();
    this.language = language;
    // Screen readers choose their voice by this attribute.
    document.documentElement.lang = language;
  }
  /** Rejects if the words cannot be fetched; the language then stays as it was. */
  async choose(language: Language): Promise<void> {
    await this.#speak(language);
    try {
      localStorage.setItem(KEY, language);
    } catch {
      // A page opened from a file may have no storage: the choice is then not stored.
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
/** The first language in the browser's list that the page has. BCP 47: "ru-RU" counts as "ru". */
function preferred(tags: readonly string[]): Language {
  return tags.map((tag) => tag.toLowerCase().split('-')[0]!).find(isLanguage) ?? 'en';
}
export const speech = new Speech();
