import type { DrawWords } from '../../en/draw.ts';
import { count } from '../plural.ts';

export const overlay: DrawWords['overlay'] = {
  head: 'корневая файловая система, сверху вниз', mountsHead: 'смонтировано поверх', noMounts: 'поверх ничего не смонтировано', noLayers: 'слои образа появятся здесь, когда overlay будет смонтирован',
  merged: { name: 'merged', gloss: 'что видит контейнер', isRoot: 'теперь это /', notRoot: 'ещё не /', gone: 'размонтирован', notYet: 'ещё не смонтирован', of: 'одно дерево из всех полок под ним', went: 'исчез вместе с пространством монтирований', from: 'появится на шаге rw-layer.mount-overlay' },
  upper: { name: 'upper', gloss: 'своё у контейнера', there: 'чтение и запись', notYet: 'ещё не создан', below: 'сюда попадает всё записанное; уберёт его только rm' },
  lower: { name: (n) => `lower ${n}`, right: (size) => `${size}, только чтение`, below: 'слой образа' },
  what: { 'copied-up': 'скопирован', created: 'новый', replaced: 'создан заново', opaque: 'непрозрачен', whiteout: 'удалён', 'mount-point': 'точка mount' },
  counted: {
    'copied-up': (n) => `скопировано вверх ${n}`, created: (n) => `новых ${n}`, replaced: (n) => `создано заново ${n}`, opaque: (n) => `непрозрачных ${n}`, whiteout: (n) => `удалено ${n}`, 'mount-point': (n) => `точек монтирования ${n}`,
  },
  types: { file: 'файл', dir: 'каталог', symlink: 'символическая ссылка', char: 'символьное устройство', block: 'блочное устройство', fifo: 'канал', socket: 'сокет' },
  lying: { seen: 'виден', left: 'остался', hidden: 'скрыт' },
  inFolder: (folder) => `в ${folder}`, inUpper: 'в upper', fileInUpper: (file, words, what) => `${file} в upper: ${words}, ${what}`, whiteoutIs: 'символьное устройство 0:0', fromLayer: (layer) => `из слоя ${layer}`,
  read: 'чтение идёт до первой находки', selectLive: 'ищут только СЕЙЧАС', here: { found: 'найден здесь', deleted: 'удалён здесь', 'not found': 'не найден' },
  mount: (target, type, what) => `смонтировано в ${target}: ${type}, ${what}`, mountRow: 'монтирование', mountFrom: (source) => `из ${source}`, drydocks: (file) => `drydock: ${file}`, readOnly: 'только чтение', belowIt: (n) => `и под ним ещё ${n}`,
  mounts: { proc: 'процессы, как их видит ядро', tmpfs: 'в памяти', devpts: 'терминалы', mqueue: 'очереди сообщений', sysfs: 'устройства и драйверы', cgroup: 'контрольные группы', cgroup2: 'контрольные группы' },
  older: (n) => `старых ещё ${n}`, more: (n) => `и ещё ${n}`, moreEntries: (n) => `ещё ${n}`, notTold: 'по одному не перечислены',
  columns: ['что', 'какой', 'состояние', 'подробности'],
  summary: (layers, mounts) => `Overlay: ${count(layers, 'слой', 'слоя', 'слоёв')} только для чтения и один для записи поверх них; на нём ${count(mounts, 'монтирование', 'монтирования', 'монтирований')}.`,
  ended: 'Overlay исчез вместе с пространством монтирований. Записанное контейнером останется в upper до rm.', unmounted: 'Overlay ещё не смонтирован.',
  upperHas: (counted) => `В upper: ${counted}.`,
};
