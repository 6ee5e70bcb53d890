import type { DrawWords } from '../../en/draw.ts';
import { count } from '../grammar/plural.ts';

export const amounts: DrawWords['amounts'] = {
  bytes: { B: 'Б', KiB: 'КиБ', MiB: 'МиБ', GiB: 'ГиБ', TiB: 'ТиБ' },
  times: { ns: 'нс', µs: 'мкс', ms: 'мс', s: 'с' },
  cpus: (n) => `${n} ЦП`,
  bytesLong: (n) => count(n, 'байт', 'байта', 'байт'),
  perSecond: (amount) => `${amount}/с`,
  yes: 'да',
  no: 'нет',
  none: 'ничего',
};
