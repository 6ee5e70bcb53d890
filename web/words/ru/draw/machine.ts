import type { DrawWords } from '../../en/draw.ts';

const moods = { done: 'пройдено', active: 'сейчас', failed: 'не удалось', pending: 'впереди' };

export const machine: DrawWords['machine'] = {
  does: {
    created: 'не начат',
    pulling: 'образ',
    creating: 'процесс',
    layering: 'файлы',
    networking: 'кабель',
    starting: 'программа',
    running: 'идёт',
    exiting: 'уборка',
    exited: 'файлы',
    failed: 'убрано',
    unwinding: 'откат',
    paused: 'стоит',
    removed: 'его нет',
    removing: 'файлы',
  },
  moods,
  stepMoods: {
    ...moods,
    done: 'сделан',
    active: 'выполняется',
    failed: 'не удался',
    held: 'стоит перед ним',
    skipped: 'пропущен',
    undone: 'отменён',
    pending: 'впереди',
  },
  events: { done: 'готово', failed: 'сбой' },
  hasRun: ', если программа уже работала',
  whenFails: 'если шаг не удался',
  held: (time) => `простой ${time}`,
  columns: ['состояние', 'что происходит', 'пока что', 'сколько длилось', 'куда дальше'],
  tookBack: (step) => `Запуск остановился на ${step}: шаг не удался, и всё сделанное отменено.`,
  takesBack: (step) => `Шаг ${step} не удался; сделанное отменяется.`,
  is: (state, heldBefore) =>
    `Состояние контейнера: ${state}${heldBefore === undefined ? '' : `; запуск стоит перед ${heldBefore}`}.`,
  nextStep: 'следующим шагом',
};
