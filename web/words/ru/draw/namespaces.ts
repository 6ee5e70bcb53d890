import type { DrawWords } from '../../en/draw.ts';

export const namespaces: DrawWords['namespaces'] = {
  holds: { mnt: 'монтирования', pid: 'номера', net: 'сеть', ipc: 'сообщения', uts: 'имя хоста', user: 'права', cgroup: 'пути групп', time: 'часы' },
  host: 'хост', hostHolds: 'демон и прочие', shimIs: 'родитель, снаружи', pidInside: (pid) => `внутри pid ${pid}`, hostPids: 'номера pid хоста', entered: 'setns(2): вошёл', outside: 'ещё снаружи',
  users: (tail) => `пользователи ${tail}`,
  process: (name, words) => `процесс ${name}, ${words}`,
  column: (kind, holds, how) => `пространство ${kind}, ${holds}: ${how}`,
  apart: { own: (inode) => `своё, inode ${inode}`, joined: (inode) => `чужое, inode ${inode}` },
  marks: { own: 'своё', joined: 'чужое', shared: 'общее' },
  ties: { shared: 'общее с хостом', own: 'своё', joined: 'другого контейнера' },
  notAsked: 'ещё не спрошено', noProcess: 'процесса ещё нет', row: 'процесс',
  columns: ['пространство', 'что в нём', 'у хоста', 'у контейнера', 'итог'],
  ended: 'Контейнер завершился: его пространства исчезли с последним процессом.', unborn: 'Процесса у контейнера ещё нет.', allShared: 'Пока всё общее с хостом.',
  summary: (own, shared) => `Свои: ${own}. Общие с хостом: ${shared}.`,
};
