import type { DrawWords } from '../../en/draw.ts';
import { count, plural } from '../grammar/plural.ts';

export const tanks: DrawWords['tanks'] = {
  title: 'Что хранится вне слоёв?',
  tower: 'его слои',
  towerGone: 'rm удалит их',
  merged: 'merged',
  upper: 'upper',
  lower: (n) => `lower ${n}`,
  moreLowers: (n) => `… ещё ${n}`,
  volume: (name) => `том ${name}`,
  bind: (source) => `bind ${source}`,
  stays: 'остаётся после rm',
  ofHost: 'на хосте',
  readOnly: 'только чтение',
  readWrite: 'чтение и запись',
  coversNone: 'не закрывает ничего из образа',
  covers: (n, names) => `закрывает ${count(n, 'имя', 'имени', 'имён')}: ${names}`,
  coversUnknown: 'что закрыто, известно только сейчас, не в прошлом',
  label: (target, what, rights, covered) => `${what} смонтирован в ${target}, ${rights}; ${covered}`,
  summary: (volumes, binds) =>
    `${count(volumes, 'том', 'тома', 'томов')} и ${binds} ${plural(binds, 'bind', 'bind', 'bind')}. Запись ниже точки монтирования идёт по трубе, а не в upper; того, что есть в этом месте у слоёв, не видно.`,
  columns: ['смонтировано в', 'что', 'права', 'закрыто'],
};
