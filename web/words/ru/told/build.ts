import type { Rows } from '../../tables/rows.ts';

/** What of a key in the cache differs, as `drydock build why` says it. */
export const build: Rows = [
  ['the image below is {} and was {}', 'образ под ней {1}, а был {2}'],
  ['no such instruction was done on this image yet', 'такая инструкция на этом образе ещё не выполнялась'],
  ["{*} is '{}' and was '{}'", "{1}: теперь '{2}', а было '{3}'"],
  ['{*} has changed', 'изменилось: {1}'],
  ['{*} is new{}', 'появилось: {1}{2}'],
  ['{*} is gone{}', 'исчезло: {1}{2}'],
  ['the instruction', 'инструкция'],
  ['the target', 'место назначения'],
  ['file {}', 'файл {1}'],
  ['mount {}', 'монтирование {1}'],
  ['setting {}', 'настройка {1}'],
];
