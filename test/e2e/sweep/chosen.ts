/**
 * Which places the sweeps take. `npm run sweep` (DRYDOCK_SWEEP=all) takes all, for each of the three. The tests take
 * fewer, because all last an hour, but every step and every call is in one of them:
 *
 *   fail, abort   at a call: one of the two in turn, because both undo the same calls. The seed says which comes first.
 *   kill          before each step, and at its last call. Before its first call there is the same as before the step.
 */
import type { Place } from './places.ts';

/** rest: what `some`, the default, leaves out of the kills */
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
export const toKill = <P extends Pick<Place, 'call' | 'of'>>(places: readonly P[]): P[] =>
  places.filter((place) => wanted === 'all' || some(place) === (wanted === 'some'));
