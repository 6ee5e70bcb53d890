/** What the learner typed, saw and answered, and how the daemon ended meanwhile. */
import { kind, type Family } from './check.ts';
import { number, oneOf, pattern, type Shape } from './shape.ts';

const question: Shape<number | 'all'> = {
  doc: 'number | all',
  read: (value) => (value === 'all' ? value : (number.read(value) as number)),
};

export const learner: Family = {
  'terminal.typed': kind({
    live: true,
    arg: pattern(),
    says: (line) => ({
      en: `a line like ${line} was typed in the container's terminal`,
      ru: `в терминале контейнера набрана строка вида ${line}`,
    }),
    holds: (line, subject) => subject.typed().some((one) => new RegExp(line).test(one)),
  }),
  'terminal.shows': kind({
    live: true,
    arg: pattern(),
    says: (text) => ({ en: `the container has printed ${text}`, ru: `контейнер напечатал ${text}` }),
    holds: (text, subject) => new RegExp(text, 'm').test(subject.shown()),
  }),
  'quiz.right': kind({
    host: true,
    arg: question,
    says: (n) =>
      n === 'all'
        ? { en: 'all questions are answered rightly', ru: 'на все вопросы даны верные ответы' }
        : { en: `question ${n} is answered rightly`, ru: `на вопрос ${n} дан верный ответ` },
    holds: (n, _, { quiz, questions }) => (n === 'all' ? quiz.size === questions : quiz.has(n - 1)),
  }),
  'daemon.ended': kind({
    host: true,
    arg: oneOf('how', ['killed', 'asked']),
    says: (how) =>
      how === 'killed'
        ? {
            en: 'the daemon was killed while the lesson was open, and another one runs',
            ru: 'демона убили, пока урок был открыт, и работает другой',
          }
        : {
            en: 'the daemon was asked to end while the lesson was open, and another one runs',
            ru: 'демона попросили завершиться, пока урок был открыт, и работает другой',
          },
    holds: (how, _, { daemonEnded }) => daemonEnded === how,
  }),
};
