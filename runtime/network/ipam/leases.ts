/**
 * The leases of a network's addresses: one symbolic link for each, `<root>/network/<network>/leases/172.30.0.2 ->
 * <container id>`. symlink(2) makes it or fails with EEXIST, so two starts never get the same address, even when
 * another start is held half way. `ls -l` shows the table.
 */
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { hasCode, tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { piecesOf } from '../../kernel/mount/beneath.ts';
import { badParameter, ApiError } from '../../errors/api-error.ts';
import { addressLike, highest, holds, isAddress, isSix, lowest, networkOf, unusable } from './family.ts';
import type { Subnet } from './subnet.ts';

const MAX_ID = 256;
/** The network's id, or the name of a predefined one, and the data root; for messages also the network's name. */
export interface LeasePlace {
  root: string;
  network: string;
  name?: string;
}
const networksOf = (root: string) => `${root}/network`;
const directory = ({ root, network }: LeasePlace) => `${networksOf(root)}/${network}/leases`;
const cidrOf = ({ gateway, prefix }: Subnet) => ({ address: gateway, prefix });

const openDirectory = (k: Kernel, path: string) =>
  k.daemon.openat(AT_FDCWD, path, O.O_DIRECTORY | O.O_CLOEXEC | O.O_NOFOLLOW, 0);
const open = (k: Kernel, place: LeasePlace) => openDirectory(k, directory(place));

async function make(k: Kernel, place: LeasePlace): Promise<number> {
  const { root, network } = place;
  for (const path of [root, networksOf(root), `${networksOf(root)}/${network}`, directory(place)])
    await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, path, 0o700));
  return open(k, place);
}

async function closing<T>(k: Kernel, fd: number, use: (dirfd: number) => Promise<T>): Promise<T> {
  try {
    return await use(fd);
  } finally {
    await k.daemon.close(fd);
  }
}

async function namesOf(k: Kernel, dirfd: number): Promise<string[]> {
  const names: string[] = [];
  for await (const entries of piecesOf(k, dirfd)) names.push(...entries.map(({ name }) => name.toString('utf8')));
  return names;
}

const holder = async (k: Kernel, dirfd: number, address: string) =>
  (await tolerate(['ENOENT', 'EINVAL'], k.daemon.readlinkat(dirfd, address, MAX_ID)))?.toString('utf8');

/**
 * Leases the requested address, or the lowest free one. Throws ApiError, in dockerd's words where it has them: 400 out
 * of range, 403 in use, 500 when the subnet is full.
 */
export async function leaseAddress(
  k: Kernel,
  place: LeasePlace,
  subnet: Subnet,
  id: string,
  requested?: string,
): Promise<string> {
  const address = await leaseUnlessFull(k, place, subnet, id, requested);
  if (address !== undefined) return address;
  const { network, name = network } = place;
  throw new ApiError(
    500,
    `no available IPv${isSix(subnet.gateway) ? 6 : 4} addresses on this network's address pools: ${name} (${network})`,
  );
}

async function leaseUnlessFull(
  k: Kernel,
  place: LeasePlace,
  subnet: Subnet,
  id: string,
  requested?: string,
): Promise<string | undefined> {
  if (requested) inRange(subnet, requested);
  const fd = (await tolerate(['ENOENT'], open(k, place))) ?? (await make(k, place));
  return closing(k, fd, async (dirfd) => {
    for (const address of requested ? [requested] : freeIn(subnet, await namesOf(k, dirfd))) {
      const made = await take(k, dirfd, id, address);
      if (made) return address;
      if (requested) return heldAlready(k, dirfd, id, requested);
    }
    return undefined;
  });
}

/** From the subnet that holds the requested address, or else from the first one with a free address. */
export async function leaseFrom(
  k: Kernel,
  place: LeasePlace,
  subnets: readonly Subnet[],
  id: string,
  requested?: string,
): Promise<{ address: string; subnet: Subnet }> {
  const wanted = requested ? subnets.filter((one) => holds(cidrOf(one), requested)) : subnets;
  const tried = wanted.length ? wanted : subnets.slice(0, 1);
  for (const subnet of tried.slice(0, -1)) {
    const address = await leaseUnlessFull(k, place, subnet, id, requested);
    if (address !== undefined) return { address, subnet };
  }
  const subnet = tried.at(-1)!;
  return { address: await leaseAddress(k, place, subnet, id, requested), subnet };
}

async function take(k: Kernel, dirfd: number, id: string, address: string): Promise<boolean> {
  try {
    await k.daemon.symlinkat(id, dirfd, address);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function heldAlready(k: Kernel, dirfd: number, id: string, address: string): Promise<string> {
  const owner = await holder(k, dirfd, address);
  if (owner === id) return address;
  throw new ApiError(403, `Address already in use by container ${owner?.slice(0, 12) ?? 'unknown'}: ${address}`);
}

function inRange(subnet: Subnet, address: string): void {
  const cidr = cidrOf(subnet);
  const text = `${networkOf(cidr)}/${subnet.prefix}`;
  if (!isAddress(address) || !holds(cidr, address))
    throw badParameter(`address ${address} is not one for a container in ${text}, whose gateway is ${subnet.gateway}`);
  const what = [
    [[subnet.gateway], 'the gateway'],
    [subnet.reserved ?? [], 'an auxiliary address'],
    [unusable(cidr), "the subnet's own or its broadcast address"],
  ].find(([all]) => all?.includes(address))?.[1] as string | undefined;
  if (what) throw new ApiError(403, `Address already in use: ${address} is ${what} in ${text}`);
}

function* freeIn(subnet: Subnet, names: readonly string[]): Generator<string> {
  const cidr = cidrOf(subnet);
  const taken = new Set([...names, ...(subnet.reserved ?? []), subnet.gateway, ...unusable(cidr)]);
  const range = subnet.range ?? cidr;
  const last = highest(range) < highest(cidr) ? highest(range) : highest(cidr);
  for (let number = lowest(range) > lowest(cidr) ? lowest(range) : lowest(cidr); number <= last; number++) {
    const address = addressLike(cidr, number);
    if (!taken.has(address)) yield address;
  }
}

/**
 * Releases the container's addresses; having none is no error. `addresses`, all that it has, save the search. Returns
 * the released ones.
 */
export async function releaseAddress(
  k: Kernel,
  place: LeasePlace,
  id: string,
  ...addresses: readonly string[]
): Promise<string[]> {
  const known = addresses.length > 0 && addresses.every(isAddress);
  return releaseWhere(k, place, (owner) => owner === id, known ? addresses : undefined);
}

/** After a reboot or a crash: releases the leases of containers that are not in `ids`, in every network. */
export async function keepLeases(k: Kernel, root: string, ids: ReadonlySet<string>): Promise<string[]> {
  const fd = await tolerate(['ENOENT'], openDirectory(k, networksOf(root)));
  if (fd === undefined) return [];
  const released: string[] = [];
  for (const network of await closing(k, fd, (dirfd) => namesOf(k, dirfd)))
    released.push(...(await releaseWhere(k, { root, network }, (owner) => !ids.has(owner))));
  return released;
}

async function releaseWhere(
  k: Kernel,
  place: LeasePlace,
  which: (owner: string) => boolean,
  among?: readonly string[],
): Promise<string[]> {
  const fd = await tolerate(['ENOENT', 'ENOTDIR'], open(k, place));
  if (fd === undefined) return [];
  return closing(k, fd, async (dirfd) => {
    const released: string[] = [];
    for (const address of among ?? (await namesOf(k, dirfd))) {
      const owner = await holder(k, dirfd, address);
      if (owner === undefined || !which(owner)) continue;
      await tolerate(['ENOENT'], k.daemon.unlinkat(dirfd, address, 0));
      released.push(address);
    }
    return released;
  });
}
