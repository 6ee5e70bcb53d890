/** A daemon and a client of its playground, without a browser. */
import type { Told } from '../../server/live/protocol.ts';
import type { Daemon } from '../e2e/daemon.ts';
import { Caller } from '../live/caller.ts';

export type ToldOf<T extends Told['type']> = Extract<Told, { type: T }>;

export const look = async (daemon: Daemon): Promise<Caller> => Caller.enter(await daemon.ok('playground', '--no-open'));

/** All received messages of one type, the newest last. */
export const told = <T extends Told['type']>({ seen }: Caller, type: T): ToldOf<T>[] =>
  seen.filter((one): one is ToldOf<T> & typeof one => one.type === type);

/** Waits for the next message of this type that matches. */
export function next<T extends Told['type']>(
  caller: Caller,
  type: T,
  fits: (one: ToldOf<T>) => boolean,
): Promise<ToldOf<T>> {
  const from = told(caller, type).length;
  return caller.until(() => told(caller, type).slice(from).find(fits));
}
