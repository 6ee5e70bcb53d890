import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

export const image: DrawWords['image'] = {
  title: 'Из чего состоит образ?',
  summary: (layers, size, shared) =>
    `${count(layers, 'слой', 'слоя', 'слоёв')}, ${size}; общих с другими образами: ${shared}.`,
  wasted: (amount, share) =>
    `${amount} (${share} %) занимают место в слоях, но прочитать их уже нельзя: более поздний слой изменил или удалил эти файлы.`,
  nodes: { tag: 'тег', index: 'индекс', manifest: 'манифест', config: 'конфигурация, id образа' },
  untagged: 'без тега',
  noManifest: 'нет: создан здесь',
  scale: 'ширина слоя: квадратный корень из числа байтов; самый новый слой сверху',
  unknownBy: 'в истории не сказано, чем он создан',
  sharedWith: (names) => `общий с ${names}`,
  andMore: (names, more) => `${names} и ещё ${more}`,
  own: 'только в этом образе',
  files: (counts) => `файлы: ${counts}`,
  filesLong: (added, changed, hidden) => `файлов добавлено: ${added}, изменено: ${changed}, скрыто: ${hidden}`,
  wastes: (amount) => `впустую ${amount}`,
  layer: (n) => `слой ${n}`,
  columns: ['узел', 'дайджест', 'размер', 'чем создан', 'общий', 'файлы'],
};
