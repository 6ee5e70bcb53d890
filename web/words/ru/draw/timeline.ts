import { line } from '../../../../runtime/journal/line.ts';
import type { DrawWords } from '../../en/draw.ts';
import { factWords } from '../../tables/fact-words.ts';

export const timeline: DrawWords['timeline'] = {
  daemon: 'демон',
  types: {
    phase: 'фаза',
    step: 'шаг',
    http: 'http',
    fact: 'факт',
    state: 'состояние',
    gate: 'остановка',
    progress: 'загрузка',
    note: 'заметка',
  },
  // The journal's lines are not translated: they are entries as `drydock trace` prints them.
  line,
  fact: (fact) => factWords('ru', fact),
  band: (title, failed) => `шаг ${title}${failed ? ', не удался' : ''}`,
  columns: ['№', 'кто', 'что', 'шаг'],
  summary: (from, to, of, k) => `События с ${from} по ${to} из ${of}; курсор на ${k}.`,
  kernelSays: 'ядро говорит',
  families: {
    process: 'процессы',
    namespace: 'пространства имён',
    mount: 'монтирования',
    file: 'файлы',
    network: 'сокеты, netlink',
    cgroup: 'контрольные группы',
    security: 'права',
  },
};
