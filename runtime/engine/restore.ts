/** What an earlier daemon left in the data root: containers are adopted or taken back, and so are its operations. */
import { join } from 'node:path';
import type { MachineState } from '../container/life.ts';
import { containersDir, removeStaleRunDirs } from '../container/paths.ts';
import { loadRecords, recordsOf, type ContainerRecord } from '../container/record.ts';
import { namesIn } from '../data-root/data-root.ts';
import type { Aside } from '../data-root/set-aside.ts';
import type { Settings } from '../data-root/settings.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { keepLeases } from '../network/ipam/leases.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Supervisor } from './supervisor.ts';

/** What messages call it, and what takes it back. */
type Left = readonly [what: string, of: { recover(): Promise<void> }];

export interface Restoring {
  settings: Settings;
  storage: StorageDriver;
  aside: Aside;
  /** Throws for a record that cannot be used. */
  supervise(record: ContainerRecord): Supervisor;
  /** whether its restart policy starts it now */
  afterBoot(supervisor: Supervisor): boolean;
  /** operations to take back before the containers, and after them */
  before: readonly Left[];
  after: readonly Left[];
}

export async function restore(it: Restoring): Promise<void> {
  const { settings, storage, aside } = it;
  const known = namesIn(containersDir(settings));
  const all = loadRecords(settings, aside);
  const records = recordsOf(settings, storage, all);
  const shims = removeStaleRunDirs(settings, new Set(all.map((r) => r.id)));
  const orphans = shims.filter(({ id }) => known.has(id));
  for (const { id, pid } of orphans)
    aside.say(`shim ${pid} of ${id.slice(0, 12)} runs without a record; end it with kill ${pid}`);
  // leases outlive a daemon, but not their containers
  const running = records.filter((r) => r.machine === 'running' || r.machine === 'paused');
  await keepLeases(daemonKernel(), settings.root, new Set([...running, ...orphans].map(({ id }) => id)));
  for (const left of it.before) await takeBack(left, aside);
  for (const record of records) await pickUp(it, record);
  for (const left of it.after) await takeBack(left, aside);
}

const takeBack = ([what, of]: Left, aside: Aside): Promise<void> =>
  of.recover().catch((error: Error) => aside.say(`what ${what} left was not taken back: ${error.message}`));

/**
 * Restores one container. One that cannot be restored stays for `rm` or is set aside, and the others are restored
 * anyway.
 */
async function pickUp(it: Restoring, record: ContainerRecord): Promise<void> {
  const { settings, aside } = it;
  const name = `container ${record.name} (${record.id.slice(0, 12)})`;
  // read before supervise, because the new machine is at rest
  const { machine } = record;
  let supervisor: Supervisor;
  try {
    supervisor = it.supervise(record);
  } catch (error) {
    return void aside.move(join(containersDir(settings), record.id), `${name}: ${(error as Error).message}`);
  }
  const resumed = resume(it, supervisor, record, machine);
  await resumed.catch((error: Error) => aside.say(`${name} was not picked up: ${error.message}`));
}

async function resume(
  { afterBoot }: Restoring,
  supervisor: Supervisor,
  record: ContainerRecord,
  machine: MachineState,
): Promise<void> {
  if (machine === 'removing') {
    await supervisor.checkpoints.recover();
    return void (await supervisor.remove({ force: true, volumes: record.takesVolumes ?? false }));
  }
  if (['running', 'paused', 'exiting'].includes(machine)) {
    await supervisor.life.adopt();
    await supervisor.networks.recover();
  } else if (!['created', 'exited', 'failed'].includes(machine) || record.left?.length)
    await supervisor.life.takeBack();
  await supervisor.checkpoints.recover();
  if (supervisor.life.underWay || record.machine === 'created') return;
  // like dockerd: it ended before this daemon's start
  if (record.request.HostConfig.AutoRemove) return supervisor.removeAtEnd();
  // a container that is still exiting is restarted by its exit
  if (afterBoot(supervisor)) void supervisor.life.begin().catch(() => undefined);
}
