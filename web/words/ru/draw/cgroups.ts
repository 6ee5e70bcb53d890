import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

export const cgroups: DrawWords['cgroups'] = {
  all: 'все контроллеры',
  marks: { frozen: 'заморожен', joined: '● внутри', empty: 'пусто' },
  states: { frozen: 'заморожена', joined: 'контейнер в ней', empty: 'пуста' },
  made: 'создана, ещё пуста',
  through: 'один процесс, во всех сразу',
  noLimits:
    'пределов не просили: расход считают, а взять можно всё, что есть у хоста (попробуйте --memory 64m --pids-limit 100)',
  ended: 'контрольной группы уже нет',
  notYet: 'контрольной группы ещё нет: её создаёт шаг create.cgroup',
  limits: { memory: 'память', memsw: 'память и подкачка', swap: 'подкачка', pids: 'процессы', cpu: 'время процессора' },
  atMost: (limit) => `не больше ${limit}`,
  of: (usage, limit) => `${usage} из ${limit}`,
  mostSoFar: (most) => `больше всего было ${most}`,
  throttled: (share) => `придержан в ${share} периодов`,
  meets: 'на пределе: память кончилась',
  lastMinute: 'за минуту',
  ranOut: '✗ память кончилась',
  waits: (share) => `ждёт в ${share} периодов`,
  highest: (most) => `максимум ${most}`,
  pressure: (of, cpu, memory, io) =>
    `давление за 10 с, ${of === 'machine' ? 'всей машины (v1 другого не знает)' : 'этой группы'}: cpu ${cpu} %, memory ${memory} %, io ${io} %`,
  noPressure: 'это ядро не сообщает о давлении (PSI): оно собрано без него или запущено без psi=1',
  outOfMemory: (after, kills) =>
    `✗ память кончилась через ${after} с после начала: ${kills ? `OOM killer пришёл ${count(kills, 'раз', 'раза', 'раз')}` : 'все стоят, потому что OOM killer выключен'}`,
  devices: (n, rules) => `устройства: запрещены все, кроме ${count(n, 'правила', 'правил', 'правил')}: ${rules}`,
  devicesLabel: (n) => `устройства: запрещены все, кроме ${count(n, 'правила', 'правил', 'правил')}`,
  rows: {
    memory: 'память',
    out: 'память кончилась',
    event: (seq) => `событие ${seq}`,
    pressure: 'давление',
    now: 'сейчас',
    limit: 'предел',
    written: 'записано',
  },
  columns: ['контроллер', 'группа или файл', 'состояние', 'значение'],
  removed: 'Контрольная группа удалена под конец.',
  none: 'Контрольной группы ещё нет.',
  summaryLimits: (limits) => `Пределы: ${limits}.`,
  counted: 'Расход считают, но предела нет.',
  frozenNow: 'Заморожен: внутри ничего не выполняется.',
  countedNow: 'Расход показан сейчас.',
  liveOnly: 'Сколько израсходовано, известно только СЕЙЧАС.',
};
