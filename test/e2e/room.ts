/**
 * A room of its own for an end-to-end test: network, mount and pid namespace. In it every link, rule, mount and process is the test's,
 * so that before and after can be compared whole; and whatever a broken test leaves goes with the room.
 */
import { spawnSync } from 'node:child_process';
import { missing } from '../harness.ts';

const INSIDE = 'DRYDOCK_TEST_ROOM';
export const needs = ['root', 'docker', 'docker-registry', 'mmdebstrap', 'skopeo', 'ip', 'nft', 'nsenter', 'busybox'] as const;

/**
 * Runs this very file again inside and ends with its result; comes back only inside, or when the suite skips anyway.
 * `prepare` runs outside, where mirrors can be reached. Mounts are shared, so that one that propagates out of a container would be seen.
 */
export async function ownRoom(prepare: () => Promise<void> = async () => undefined): Promise<void> {
  if (process.env[INSIDE] || missing(...needs)) return;
  await prepare();
  // bash is process 1 of the room: it reaps whoever has lost his parent
  const { status } = spawnSync('unshare', ['-n', '-m', '-p', '-f', '--kill-child', '--propagation', 'shared', '--mount-proc', '--', 'bash', '-c', 'ip link set lo up; "$@"; exit $?', 'room',
    process.execPath, ...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  process.exit(status ?? 1);
}
