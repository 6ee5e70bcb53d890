/** New ids (64 hexadecimal digits) and names (two words) for containers. */
import { randomBytes, randomInt } from 'node:crypto';

export const newId = (): string => randomBytes(32).toString('hex');

const kinds = [
  'brave',
  'bright',
  'calm',
  'clever',
  'eager',
  'fair',
  'fleet',
  'gentle',
  'hardy',
  'jolly',
  'keen',
  'lively',
  'lucky',
  'merry',
  'nimble',
  'proud',
  'quick',
  'quiet',
  'steady',
  'stout',
  'swift',
  'trusty',
  'wise',
  'witty',
];
const ships = [
  'argo',
  'aurora',
  'beagle',
  'bounty',
  'calypso',
  'cutty',
  'discovery',
  'dolphin',
  'endeavour',
  'fram',
  'gannet',
  'golden',
  'halcyon',
  'heron',
  'kestrel',
  'mary',
  'nautilus',
  'nina',
  'petrel',
  'pinta',
  'rainbow',
  'resolute',
  'santa',
  'sirius',
  'terror',
  'vasa',
  'victory',
  'vostok',
  'wanderer',
  'zephyr',
];
const pick = (words: readonly string[]) => words[randomInt(words.length)]!;

/** A name like 'swift_kestrel' that no other container has. */
export function newName(taken: (name: string) => boolean): string {
  for (let tries = 0; ; tries++) {
    const name = `${pick(kinds)}_${pick(ships)}${tries > 5 ? randomInt(10 ** Math.min(tries, 9)) : ''}`;
    if (!taken(name)) return name;
  }
}
