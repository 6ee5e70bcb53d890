/**
 * Runs an end-to-end test in network, mount and pid namespaces of its own (a "room"). Every link, rule, mount and
 * process in them belongs to the test, so snapshots before and after can be compared completely, and everything that a
 * failed test leaves behind disappears with the namespaces.
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

/** Set by test/place.sh, which makes the namespaces: below, and in the runner for every test file. */
const inRoom = (): boolean => process.env['DRYDOCK_TEST_ROOM'] !== undefined;

/**
 * Returns only inside the namespaces, or if the suite is skipped anyway. Outside it runs this test file again inside,
 * and exits with its status. `prepare` may fetch from a mirror (test/outside.ts).
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
