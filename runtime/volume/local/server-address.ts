/**
 * The address of a server of files. getaddrinfo(3) has no time limit and takes one of the four threads of libuv's pool,
 * so only two names are looked up at a time, and a thread that is not given back counts until it is.
 */
import { lookup } from 'node:dns/promises';

const LOOKUP_MS = 10_000;
const LOOKUPS_MOST = 2;
let lookups = 0;

type Lookup = (name: string) => Promise<string>;
const byName: Lookup = async (name) => (await lookup(name, 4)).address;

/** Rejects with the reason when the name has no address, or none in `ms`, or when other names are being looked up. */
export async function addressOf(name: string, { find = byName, ms = LOOKUP_MS } = {}): Promise<string> {
  if (lookups >= LOOKUPS_MOST) throw new Error(`lookup ${name}: ${lookups} other names are being looked up`);
  lookups++;
  const found = find(name).finally(() => lookups--);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`lookup ${name}: no answer within ${ms / 1000} s`)), ms);
  });
  return Promise.race([found, late]).finally(() => clearTimeout(timer));
}
