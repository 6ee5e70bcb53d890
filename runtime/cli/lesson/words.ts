/** The terminal's own words around a lesson. */
export interface TerminalWords {
  task: string;
  done: string;
  hint: string;
  question: string;
  right: string;
  wrong: string;
  /** asked before the options of a prediction */
  guess: string;
  guessKeys: string;
  kept: string;
  finished: string;
  left: string;
  gone: string;
  begun: string;
  minutes: string;
  back: string;
  notRunning: string;
  noHint: string;
  states: Record<'waiting' | 'open' | 'done' | 'was', string>;
  keys: string;
  answer: string;
  note: Record<string, string>;
  way: Record<string, string>;
}

export const words: Record<'en' | 'ru', TerminalWords> = {
  en: {
    task: 'Task',
    done: 'done',
    hint: 'hint',
    question: 'Question',
    right: 'Right.',
    wrong: 'Not so. Look again.',
    guess: 'What is your guess?',
    guessKeys: 'number of the guess · r read on without · q leave',
    kept: 'Your guess is kept. Now see.',
    finished: 'The lesson is finished.',
    left: "The lesson's container is removed; what you have done is remembered.",
    gone: "The daemon cannot be reached. The lesson's container is as it was; take the lesson again to go on.",
    begun: 'begun',
    minutes: 'min',
    back: 'Ctrl-P Ctrl-Q comes back to the lesson',
    notRunning: 'it does not run: n and c move it on',
    noHint: 'there is no other hint',
    states: { waiting: 'comes later', open: 'to be done', done: 'done', was: 'held before, not now' },
    keys: 's shell · n next · c continue · ? hint · r read on · q leave',
    answer: 'number of the answer · r read on · q leave',
    note: {
      predict: 'Predict',
      look: 'Look',
      note: 'Note',
      cgroup1: 'This machine has cgroup v1',
      cgroup2: 'This machine has cgroup v2',
      practice: 'Practice image',
    },
    way: { here: 'here', docker: 'with docker', 'by-hand': 'by hand' },
  },
  ru: {
    task: 'Задача',
    done: 'сделано',
    hint: 'подсказка',
    question: 'Вопрос',
    right: 'Верно.',
    wrong: 'Не так. Посмотрите ещё раз.',
    guess: 'Ваша догадка?',
    guessKeys: 'номер догадки · r читать дальше · q выйти',
    kept: 'Догадка записана. Теперь проверьте.',
    finished: 'Урок пройден.',
    left: 'Контейнер урока удалён; сделанное запомнено.',
    gone: 'Демон недоступен. Контейнер урока остался как был; возьмите урок снова, чтобы продолжить.',
    begun: 'начат',
    minutes: 'мин',
    back: 'Ctrl-P Ctrl-Q возвращает к уроку',
    notRunning: 'он не работает: n и c двигают его дальше',
    noHint: 'других подсказок нет',
    states: { waiting: 'позже', open: 'не сделано', done: 'сделано', was: 'было так, сейчас нет' },
    keys: 's оболочка · n шаг · c дальше · ? подсказка · r читать дальше · q выйти',
    answer: 'номер ответа · r читать дальше · q выйти',
    note: {
      predict: 'Предскажите',
      look: 'Посмотрите',
      note: 'Заметьте',
      cgroup1: 'На этой машине cgroup v1',
      cgroup2: 'На этой машине cgroup v2',
      practice: 'Учебный образ',
    },
    way: { here: 'здесь', docker: 'через docker', 'by-hand': 'вручную' },
  },
};
