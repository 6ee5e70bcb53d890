/** Titles of phases. */
export const phaseTitles: Readonly<Record<string, string>> = {
  pull: 'Скачать образ',
  create: 'Создать контейнер',
  'rw-layer': 'Положить слой для записи поверх образа',
  network: 'Подключить сеть',
  init: 'Стать программой',
  exit: 'После конца',
  remove: 'Удалить контейнер',
  pause: 'Поставить на паузу',
  unpause: 'Снять с паузы',
  exec: 'Войти в работающий контейнер',
  reach: 'Дотянуться до остановленного контейнера',
  cp: 'Копировать файлы',
  commit: 'Сделать из контейнера образ',
  'volume-create': 'Создать том',
  'volume-remove': 'Удалить том',
};
