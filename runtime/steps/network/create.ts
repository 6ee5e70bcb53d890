/** network create: the subnet, the record, and what the network's driver makes on the host. */
import { AT_FDCWD, NETLINK_ROUTE, O } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { addressOf, dumpAddresses, dumpAddresses6 } from '../../kernel/netlink/route/address.ts';
import { dumpRoutes, dumpRoutes6, routeOf } from '../../kernel/netlink/route/route.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { drivers } from '../../drivers/network.ts';
import type { NetworkDriver, NetworkSettings, NetworkStep } from '../../network/driver.ts';
import type { Cidr } from '../../network/ipam/ipv4.ts';
import { choosePools } from '../../network/ipam/pools.ts';
import { networkOf, type NetworkRecord } from '../../network/store/network-record.ts';
import { networkDirectory, networksDirectory, recordFile } from '../../network/store/paths.ts';
import type { Phase, Step } from '../../operation/step.ts';

/** The network that an operation makes or removes. */
export interface NetworkSubject {
  readonly settings: Pick<NetworkSettings, 'root' | 'userlandProxy'>;
  readonly record: NetworkRecord;
  /** the subnets of the other networks, the default one included */
  others(): Cidr[];
}

const hostSubnets = (k: Kernel, six: boolean): Promise<Cidr[]> =>
  withNetlink(k, NETLINK_ROUTE, async (socket) => {
    const addresses = [dumpAddresses, ...(six ? [dumpAddresses6] : [])];
    const routes = [dumpRoutes, ...(six ? [dumpRoutes6] : [])];
    const found: Cidr[] = [];
    for (const dump of addresses) found.push(...(await socket.dump(...dump)).map(addressOf));
    for (const dump of routes)
      found.push(...(await socket.dump(...dump)).map(routeOf).map(({ to, prefix }) => ({ address: to, prefix })));
    return found;
  });

async function writeDown(k: Kernel, { settings: { root }, record }: NetworkSubject): Promise<void> {
  const dir = networkDirectory(root, record.id);
  for (const path of [networksDirectory(root), dir, `${dir}/leases`])
    await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, path, 0o700));
  const file = recordFile(root, record.id);
  await k.daemon.write_file(`${file}.partial`, O.O_CREAT | O.O_TRUNC, 0o600, Buffer.from(JSON.stringify(record)));
  await k.daemon.renameat2(AT_FDCWD, `${file}.partial`, AT_FDCWD, file, 0);
  k.fact({ kind: 'file', key: file, value: JSON.stringify(record) });
}

export async function forgetNetwork(k: Kernel, { settings: { root }, record }: NetworkSubject): Promise<void> {
  await k.removeTree(networkDirectory(root, record.id));
  k.fact({ kind: 'file', key: recordFile(root, record.id), value: null });
}

const chooseSubnets: Step<NetworkSubject> = {
  id: 'network-create.choose-subnets',
  title: 'Choose the subnet',
  explain: `The kernel is asked for every address and route of the host, and the first default pool that overlaps none of them, and no other network, is taken.

The pools are 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/16 in pieces of /20. With --ipv6 a random /64 of the unique local addresses (fd00::/8, RFC 4193) is added. A requested subnet is checked against the other networks only. Two networks with the same addresses on one host could not both be routed to: packets would go to one of them, and the other would be unreachable. See rtnetlink(7), ip-route(8).`,
  async do(k, { record, others }) {
    const host = await hostSubnets(k, record.ipv6);
    // nothing is waited for from here on, so that another network that is made now sees these pools
    const pools = choosePools(record.ipam.pools, others(), host, record);
    record.ipam = { ...record.ipam, pools };
    k.fact(...pools.map(({ Subnet, Gateway }) => ({ kind: 'lease' as const, key: Subnet, value: Gateway ?? null })));
  },
};

const writeRecord: Step<NetworkSubject> = {
  id: 'network-create.write-down',
  title: 'Write the network down',
  explain: `The record is a file in the data root: id, name, driver, subnet, options. Beside it lies the directory for the leases of addresses.

It is written under another name first and then renamed, so that a daemon that is killed meanwhile leaves the whole record or none. It comes before anything is made on the host, because it is by this file that the next daemon finds what to take back. Without it the network would end with the daemon. See rename(2), mkdir(2).`,
  do: writeDown,
  undo: forgetNetwork,
  inspect: (_k, { settings: { root }, record }) =>
    Promise.resolve([{ title: recordFile(root, record.id), lines: JSON.stringify(record, null, 2).split('\n') }]),
};

/** A driver's step for the network of an operation. Drivers may share one. */
const ofNetwork = (
  sharing: readonly NetworkDriver[],
  { id, title, explain, do: act, undo, inspect }: NetworkStep,
): Step<NetworkSubject> => ({
  id,
  title,
  explain,
  when: ({ record }) => sharing.some(({ name }) => name === record.driver),
  do: (k, { record, settings }) => act(k, networkOf(record, settings)),
  ...(undo && { undo: (k, { record, settings }) => undo(k, networkOf(record, settings)) }),
  ...(inspect && { inspect: (k, { record, settings }) => inspect(k, networkOf(record, settings)) }),
});

/** The steps of all drivers that make a network, or that remove one. */
export function stepsOfDrivers(part: 'create' | 'remove'): Step<NetworkSubject>[] {
  const all = drivers.flatMap((driver) => driver[part] ?? []);
  return [...new Set(all)].map((step) =>
    ofNetwork(
      drivers.filter((driver) => driver[part]?.includes(step)),
      step,
    ),
  );
}

export const networkCreate: Phase<NetworkSubject> = {
  id: 'network-create',
  title: 'Make a network',
  steps: [chooseSubnets, writeRecord, ...stepsOfDrivers('create')],
};
