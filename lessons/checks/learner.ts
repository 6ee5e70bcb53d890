/** What the learner typed, saw and answered, and what became of the daemon meanwhile. */
import { kind, type Family } from './check.ts';
import { number, pattern, truth, type Shape } from './shape.ts';

const question: Shape<number | 'all'> = { doc: 'number | all', read: (value) => (value === 'all' ? value : number.read(value) as number) };

export const learner: Family = {
  'terminal.typed': kind({
    live: true, arg: pattern(),
    says: (line) => ({ en: `a line like ${line} was typed in the container's terminal`, ru: `в терминале контейнера набрана строка вида ${line}` }),
    holds: (line, subject) => subject.typed().some((one) => new RegExp(line).test(one)),
  }),
  'terminal.shows': kind({
    live: true, arg: pattern(),
    says: (text) => ({ en: `the container has printed ${text}`, ru: `контейнер напечатал ${text}` }),
    holds: (text, subject) => new RegExp(text, 'm').test(subject.shown()),
  }),
  'quiz.right': kind({
    host: true, arg: question,
    says: (n) => (n === 'all' ? { en: 'all questions are answered rightly', ru: 'на все вопросы даны верные ответы' } : { en: `question ${n} is answered rightly`, ru: `на вопрос ${n} дан верный ответ` }),
    holds: (n, _, { quiz, questions }) => (n === 'all' ? quiz.size === questions : quiz.has(n - 1)),
  }),
  'daemon.restarted': kind({
    host: true, arg: truth,
    says: () => ({ en: 'another daemon than the one that opened the lesson is running', ru: 'работает уже другой демон, не тот, что открыл урок' }),
    holds: (_, __, { restarted }) => restarted,
  }),
};
