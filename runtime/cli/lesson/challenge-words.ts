/** The terminal's own words around a challenge. */
export interface ChallengeWords {
  done: string;
  begun: string;
  minutes: string;
  point: string;
  mend: string;
  states: Record<'waiting' | 'open' | 'done' | 'was', string>;
  pointAt: (id: string) => string;
  right: string;
  wrong: string;
  hint: string;
  noHint: string;
  mended: string;
  notYet: string;
  left: string;
  trouble: string;
  ways: (id: string) => string;
}

export const challengeWords: Record<'en' | 'ru', ChallengeWords> = {
  en: {
    done: 'done',
    begun: 'begun',
    minutes: 'min',
    point: 'Point at it',
    mend: 'Mend it',
    states: { waiting: 'comes later', open: 'to be done', done: 'done', was: 'held before, not now' },
    pointAt: (id) => `What you can point at, with drydock challenge point ${id} WHAT:`,
    right: 'Right.',
    wrong: 'Not so.',
    hint: 'hint',
    noHint: 'there is no other hint',
    mended: 'Mended. The challenge is done.',
    notYet: 'It is not mended yet.',
    left: 'The containers of the challenge are removed.',
    trouble: 'it did not start:',
    ways: (id) => `drydock challenge point|check|hint|leave ${id}`,
  },
  ru: {
    done: 'решена',
    begun: 'начата',
    minutes: 'мин',
    point: 'Укажите причину',
    mend: 'Исправьте',
    states: { waiting: 'позже', open: 'не сделано', done: 'сделано', was: 'было так, сейчас нет' },
    pointAt: (id) => `На что можно указать командой drydock challenge point ${id} ЧТО:`,
    right: 'Верно.',
    wrong: 'Не так.',
    hint: 'подсказка',
    noHint: 'других подсказок нет',
    mended: 'Исправлено. Задача решена.',
    notYet: 'Ещё не исправлено.',
    left: 'Контейнеры задачи удалены.',
    trouble: 'он не запустился:',
    ways: (id) => `drydock challenge point|check|hint|leave ${id}`,
  },
};
