import type { Words } from '../en/en.ts';
import { count } from './grammar/plural.ts';

export const palette: Words['palette'] = {
  button: 'поиск',
  title: 'Поиск и команды',
  field: 'run ubuntu, контейнер, урок, рисунок …',
  results: 'найдено',
  run: (line) => `выполнить в контейнере: ${line}`,
  pull: (line) => `скачать образ: ${line}`,
  notHere: (verb) => `drydock ${verb} — команда для терминала; здесь работают run и pull`,
  kinds: { command: 'команда', container: 'контейнер', lesson: 'урок', picture: 'рисунок', page: 'страница' },
  pages: { map: 'карта машины', lessons: 'все уроки', keys: 'справка: клавиши' },
  none: 'Ничего с таким названием нет. Чтобы запустить контейнер, начните с run.',
  found: (n) => count(n, 'результат', 'результата', 'результатов'),
};
