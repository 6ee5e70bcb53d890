/** A daemon of its own and a viewer of its playground, without a browser. */
import { get } from 'node:http';
import type { Told } from '../../server/live/protocol.ts';
import { Daemon } from '../e2e/daemon.ts';
import { Caller } from '../live/visitor.ts';

export type ToldOf<T extends Told['type']> = Extract<Told, { type: T }>;

/** Opens the printed address as a browser would, and keeps the cookie. */
export async function look(daemon: Daemon): Promise<Caller> {
  const url = new URL(await daemon.ok('playground', '--no-open'));
  const cookie = await new Promise<string>((resolve, reject) => {
    get(url, { agent: false }, (res) => (res.resume(), resolve((res.headers['set-cookie']?.[0] ?? '').split(';')[0]!))).on('error', reject);
  });
  return Caller.call({ host: url.host, cookie });
}

/** What has been told of one kind, the newest last. */
export const told = <T extends Told['type']>({ seen }: Caller, type: T): ToldOf<T>[] => seen.filter((one): one is ToldOf<T> & typeof one => one.type === type);

/** The next of its kind that fits, from now on. */
export function next<T extends Told['type']>(caller: Caller, type: T, fits: (one: ToldOf<T>) => boolean): Promise<ToldOf<T>> {
  const from = told(caller, type).length;
  return caller.until(() => told(caller, type).slice(from).find(fits));
}
