/**
 * A room of its own for an end-to-end test: network, mount and pid namespace. In it every link, rule, mount and process
 * is the test's, so that before and after can be compared whole; and whatever a broken test leaves goes with the room.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { missing } from '../harness.ts';

export const needs = [
  'root',
  'docker',
  'docker-registry',
  'mmdebstrap',
  'skopeo',
  'ip',
  'nft',
  'nsenter',
  'busybox',
] as const;

/** Set in each room that test/place.sh makes: here, and by the runner for every file. */
const inRoom = (): boolean => process.env['DRYDOCK_TEST_ROOM'] !== undefined;

/**
 * Comes back only inside a room, or when the suite skips anyway: outside it runs this very file again in one and ends
 * with its result.
 * `prepare` may fetch from a mirror (test/outside.ts).
 */
export async function ownRoom(prepare: () => Promise<unknown> = async () => undefined): Promise<void> {
  if (missing(...needs)) return;
  if (inRoom()) return void (await prepare());
  const { status } = spawnSync(
    join(packageRoot, 'test/place.sh'),
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit' },
  );
  process.exit(status ?? 1);
}
