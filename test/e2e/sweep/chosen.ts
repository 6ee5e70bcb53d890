/**
 * Which places the sweeps take. `npm run sweep` (DRYDOCK_SWEEP=all) takes all, for each of the three. The tests take
 * fewer, because all last an hour, but every call is in one of the first two:
 *
 *   fail, abort   at a call: one of the two in turn, because both undo the same calls. The seed says which comes first.
 *   kill          before a step, and at its last call: every second one of these, and the seed says which. Before its
 *                 first call there is the same as before the step.
 */
import type { Place } from './places.ts';

/** rest: the kills at all other calls */
const wanted = process.env['DRYDOCK_SWEEP'] ?? 'some';
const first = Number(process.env['DRYDOCK_SEED'] ?? 0) % 2;

type AnyPlace = Pick<Place, 'call'>;
const inTurn = <P extends AnyPlace>(places: readonly P[], turn: number): P[] => {
  const calls = places.filter(({ call }) => call);
  return wanted === 'all' ? calls : calls.filter((_, n) => (n + first) % 2 === turn);
};
export const toFail = <P extends AnyPlace>(places: readonly P[]): P[] => inTurn(places, 0);
export const toAbort = <P extends AnyPlace>(places: readonly P[]): P[] => {
  const calls = new Set(inTurn(places, 1));
  return places.filter((place) => !place.call || calls.has(place));
};
const some = ({ call, of }: Pick<Place, 'call' | 'of'>): boolean => call === 0 || call === of;
export const toKill = <P extends Pick<Place, 'call' | 'of'>>(places: readonly P[]): P[] => {
  if (wanted === 'all') return [...places];
  if (wanted === 'rest') return places.filter((place) => !some(place));
  return places.filter(some).filter((_, n) => (n + first) % 2 === 0);
};
