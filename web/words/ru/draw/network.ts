import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

const packets = (n: number) => count(n, 'пакет', 'пакета', 'пакетов');
const bytes = (n: number) => count(n, 'байт', 'байта', 'байт');
/** Translations of what runtime/watch/headers.ts says about a packet; the first match is used. */
const sayings: readonly [said: RegExp, words: string | ((...found: string[]) => string)][] = [
  [/^cut off$/, 'обрезан'],
  [/^no flags$/, 'без флагов'],
  [/^malformed$/, 'испорчен'],
  [/^(\d+) bytes$/, (n) => bytes(Number(n))],
  [/^echo reply$/, 'эхо-ответ'],
  [/^echo request$/, 'эхо-запрос'],
  [/^redirect$/, 'перенаправление'],
  [/^time exceeded$/, 'время истекло'],
  [/^destination unreachable$/, 'назначение недоступно'],
  [/^network unreachable$/, 'сеть недоступна'],
  [/^host unreachable$/, 'хост недоступен'],
  [/^protocol unreachable$/, 'протокол недоступен'],
  [/^port unreachable$/, 'порт недоступен'],
  [/^fragmentation needed unreachable$/, 'недоступно: нужна фрагментация'],
  [/^type (\d+)$/, (n = '') => `тип ${n}`],
  [/^protocol (\d+)$/, (n = '') => `протокол ${n}`],
  [/^operation (\d+)$/, (n = '') => `операция ${n}`],
  [/^next header (\d+)$/, (n = '') => `следующий заголовок ${n}`],
  [/^a later fragment of protocol (\d+)$/, (n = '') => `не первый фрагмент, протокол ${n}`],
  [/^who has (\S+)\? tell (\S+)$/, (who = '', whom = '') => `у кого ${who}? скажите ${whom}`],
  [/^(\S+) is at (\S+)$/, (who = '', where = '') => `${who} — это ${where}`],
  [/^ethernet type (\S+)$/, (type = '') => `тип Ethernet ${type}`],
];
function said(words: string): string {
  for (const [pattern, answer] of sayings) {
    const found = pattern.exec(words);
    if (found) return typeof answer === 'string' ? answer : answer(...found.slice(1));
  }
  return words;
}

export const network: DrawWords['network'] = {
  lanes: {
    container: { title: 'контейнер', words: 'своя сеть' },
    veth: { title: 'veth', words: 'другой конец' },
    bridge: { title: 'мост', words: 'коммутатор' },
    nft: { title: 'nf_tables', words: 'правила хоста' },
    out: { title: 'хост', words: 'наружу' },
  },
  notYet: 'ещё нет',
  plugs: 'подключит network.create-veth',
  loDown: 'lo ещё выключен',
  outside: 'выход наружу',
  ruleCount: (packets, bytes) => `пакетов: ${packets}, ${bytes}`,
  uplink: 'маршрут default',
  part: (title, state, lines) =>
    `${title}${{ up: ', включён', down: ', выключен', ghost: ', ещё нет' }[state]}: ${lines}`,
  hooks: { forward: 'forward: кого пустить', postrouting: 'postrouting: новый адрес' },
  noRules: 'правил ещё нет',
  rule: (chain, words) => `правило в ${chain}: ${words}`,
  became: (from, to) => `${from} стал ${to}`,
  namespace: { own: 'пространство сети', ended: 'ни процесса, ни пространства', host: 'своего пространства нет' },
  namespaceIs: (own) => `пространство сети: ${own ? 'своё' : 'хоста'}`,
  routes: 'маршруты',
  routesAre: (routes) => `маршруты: ${routes}`,
  modes: {
    early: 'Фаза сети ещё не началась.',
    ended:
      'Контейнер завершился: его сеть исчезла с последним процессом, и другой конец кабеля тоже. Мост и правила остались для других.',
    none: 'Без сети: своё пространство, и ни одного кабеля в него. Только loopback.',
    host: 'Сеть хоста (--network host): своего пространства нет, соединять нечего.',
    joined: 'Сеть другого контейнера: в неё вошли вызовом setns(2), поэтому интерфейсы и адреса общие.',
  },
  connected: (end, address, veth, bridge) => `${end} (${address}) соединён через ${veth} с ${bridge}.`,
  incomplete: 'Путь наружу ещё не готов.',
  columns: ['часть', 'где', 'имя', 'что'],
  rows: { link: 'интерфейс', route: 'маршрут', rule: 'правило', packet: 'пакет', rewritten: 'переписан' },
  sides: { host: 'хост', container: 'контейнер' },
  from: 'из контейнера',
  to: 'в контейнер',
  dropped: (n) => `отброшено ${n}`,
  counted: (rx, tx) =>
    `получено: ${packets(rx.packets)}, ${bytes(rx.bytes)}, отброшено ${rx.dropped}; отправлено: ${packets(tx.packets)}, ${bytes(tx.bytes)}, отброшено ${tx.dropped}`,
  said,
  rewrite: (protocol, target, from, to) => `${protocol} к ${target}: ${from} стал ${to}, так говорит conntrack`,
};
