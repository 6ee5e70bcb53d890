/** Texts of the way of a packet from A to B. */
import type { Hop } from '../../../../server/live/protocol.ts';

const kinds: Record<Hop['kind'], string> = {
  name: 'name',
  route: 'route',
  neighbour: 'neighbour',
  rules: 'rules',
  bridge: 'bridge',
  published: 'published port',
  translation: 'translation',
  proxy: 'proxy',
  arrival: 'arrival',
  listener: 'listener',
  answer: 'answer',
  'way-back': 'way back',
};
export const why = {
  kinds,
  place: (where: string) =>
    where === 'host' ? 'the host' : where === 'outside' ? 'another machine' : `container ${where}`,
  stops: 'stops here',
  passes: 'passes',
  hop: (n: number, place: string, kind: string, title: string, stops: boolean) =>
    `Hop ${n}, ${place}, ${kind}: ${title}${stops ? '; it stops here' : ''}`,
  columns: ['hop', 'where', 'what', 'found', 'the packet'],
};
