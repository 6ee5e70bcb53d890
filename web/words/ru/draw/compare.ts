import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

export const compare: DrawWords['compare'] = {
  amounts: {
    call: (n) => count(n, 'вызов', 'вызова', 'вызовов'),
    fact: (n) => count(n, 'факт', 'факта', 'фактов'),
    end: (n) => count(n, 'исход', 'исхода', 'исходов'),
  },
  kinds: { call: 'вызов', fact: 'факт', end: 'исход' },
  alike: (n) => `= одинаковы ${count(n, 'шаг', 'шага', 'шагов')}`,
  topics: {
    namespaces: 'Пространства имён',
    root: 'Корень и монтирования',
    rights: 'Права',
    limits: 'Пределы',
    network: 'Сеть',
    rest: 'Остальное',
  },
  onlyHere: { a: '◀ только тут', b: 'только тут ▶' },
  notHere: 'в этом запуске его нет',
  differs: (amounts) => `различия: ${amounts}`,
  onlyIn: (name) => `только в ${name}`,
  columns: (a, b) => ['шаг', 'что', `A ${a}`, `B ${b}`],
  nothing: 'Сравнивать пока нечего.',
  summary: (of, both, a, b) => `Из ${of} шагов различаются ${both}; только в A: ${a}, только в B: ${b}.`,
  same: (of) => `Все ${count(of, 'шаг', 'шага', 'шагов')} кончились одинаково.`,
};
