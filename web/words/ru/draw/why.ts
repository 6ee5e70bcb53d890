import type { DrawWords } from '../../en/draw.ts';

export const why: DrawWords['why'] = {
  kinds: {
    name: 'имя',
    route: 'маршрут',
    neighbour: 'сосед (ARP)',
    rules: 'правила',
    bridge: 'мост',
    published: 'опубликованный порт',
    translation: 'трансляция адресов',
    proxy: 'прокси',
    arrival: 'прибытие',
    listener: 'слушающий сокет',
    answer: 'ответ',
    'way-back': 'обратный путь',
  },
  place: (where) => (where === 'host' ? 'хост' : where === 'outside' ? 'другая машина' : `контейнер ${where}`),
  stops: 'останавливается здесь',
  passes: 'проходит',
  hop: (n, place, kind, title, stops) =>
    `Участок ${n}, ${place}, ${kind}: ${title}${stops ? '; пакет останавливается здесь' : ''}`,
  columns: ['участок', 'где', 'что', 'найдено', 'пакет'],
};
