import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

export const map: DrawWords['map'] = {
  title: 'Всё, что есть на этой машине',
  places: {
    images: 'Образы',
    operations: 'Операции',
    containers: 'Контейнеры, каждый у своей сети',
    volumes: 'Тома',
  },
  none: {
    images: 'Пока нет: первый запуск загрузит образ.',
    operations: 'Пока нет.',
    volumes: 'Пока нет.',
    containers: 'контейнеров нет',
  },
  outside: 'внешняя сеть',
  notOutside: 'выхода наружу нет',
  hostNetwork: 'сеть самого хоста',
  noNetwork: 'только loopback',
  unnamed: 'без имени',
  layers: (n) => count(n, 'слой', 'слоя', 'слоёв'),
  usedBy: (n) => (n ? count(n, 'контейнер', 'контейнера', 'контейнеров') : 'не используется'),
  also: (names) => `ещё в сети ${names}`,
  hidden: (n) => `и ещё ${n}`,
  memoryOf: (used, limit) => `${used} из ${limit}`,
  exited: (code) => `завершён, код ${code}`,
  outOfMemory: 'не хватило памяти',
  image: (name, size, layers, used) => `Образ ${name}: ${size}, ${layers}, ${used}`,
  network: (name, driver, subnet, used) => `Сеть ${name}: ${[driver, subnet, used].filter(Boolean).join(', ')}`,
  volume: (name, used) => `Том ${name}: ${used}`,
  container: (name, image, state, memory) =>
    `Контейнер ${name}: ${[image, state, memory].filter(Boolean).join(', ')}; открыть`,
  operation: (kind, name, state) => `Операция ${kind} ${name}: ${state}; открыть`,
  columns: ['имя', 'что', 'состояние', 'память', 'относится к'],
  kinds: { image: 'образ', container: 'контейнер', network: 'сеть', volume: 'том', operation: 'операция' },
  summary: (running, all, images) =>
    `Работает контейнеров: ${running} из ${all}; ${count(images, 'образ', 'образа', 'образов')}.`,
};
