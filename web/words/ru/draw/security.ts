import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

export const security: DrawWords['security'] = {
  held: { kept: 'осталась', going: 'пока есть', lost: 'отдана', never: 'её и не было' },
  capability: (name, allows, held) => `${name}, ${allows}: ${held}`,
  noProcess: 'процесса ещё нет',
  power: 'власть root по частям',
  walls: 'другие стены',
  legend: {
    birth: 'при рождении',
    bounding: 'можно получить (bounding)',
    effective: 'есть сейчас (effective)',
    gone: 'нет',
  },
  user: {
    title: 'пользователь',
    is: (uid, gid) => `uid ${uid}, gid ${gid}${uid === '0' ? ': остаток root' : ''}`,
    none: 'пока root, как демон',
  },
  seccomp: {
    title: 'фильтр вызовов',
    is: (through, n) => `пропущено ${through}, ${count(n, 'инструкция', 'инструкции', 'инструкций')}`,
    none: 'нет: доступен любой вызов',
  },
  noNewPrivileges: { title: 'no_new_privs', is: 'set-uid ничего не даёт', none: 'не просили' },
  refused: {
    title: 'запрещённые вызовы',
    is: (n, byArguments) => `не пройдут ${n}; смотря по аргументам: ${byArguments || 'никакие'}`,
    none: 'никаких',
  },
  masked: { title: 'закрытые пути', is: (n) => `нельзя прочесть ${n}`, none: 'пока никаких' },
  readonly: { title: 'только для чтения', is: (n) => `нельзя записать в ${n}`, none: 'пока ничего' },
  columns: ['право', 'позволяет', 'при рождении', 'bounding', 'effective', 'итог'],
  summary: (kept, of, { lost, going, never }) =>
    [
      lost || going
        ? `Из ${of} возможностей, с которыми процесс родился, осталось ${kept}, отдано ${lost}`
        : `У процесса пока все возможности, с которыми он родился: ${of}`,
      ...(going ? [`пока есть: ${going}`] : []),
      ...(never ? [`нет и у самого демона: ${never}`] : []),
    ].join('; ') + '.',
  ended: 'Контейнер завершился: нет процесса, который мог бы что-нибудь сделать.',
  unborn: 'Процесса у контейнера ещё нет.',
};
