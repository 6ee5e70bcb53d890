/** The page's editor changes one limit; which other limits must be sent with it. */
import * as assert from 'uvu/assert';
import type { Container } from '../../runtime/container/container.ts';
import type { ContainerState } from '../../runtime/container/container-state.ts';
import type { HostConfig } from '../../runtime/request/container-request.ts';
import { applyUpdate } from '../../runtime/container/update.ts';
import type { Resources } from '../../runtime/oci/spec.ts';
import { changeLimits } from '../../runtime/engine/limits.ts';
import { suite } from '../harness.ts';

const test = suite('limits that are changed while a container runs');
const MIB = 2 ** 20;

/** Returns the limits that are written to the group; everything else is real. */
async function change(host: HostConfig, wanted: Parameters<typeof changeLimits>[1]) {
  const told: Resources[] = [];
  const container = {
    id: 'ab',
    name: 'box',
    settings: { bridge: 'drydock0' },
    request: { Image: 'ubuntu', HostConfig: host },
    cgroup: { version: 1, limit: async (_k: unknown, r: Resources) => (told.push(r), []), pathOf: () => undefined },
  } as unknown as Container;
  await changeLimits(
    {
      container,
      state: { machine: 'running' } as ContainerState,
      update: (changes) => applyUpdate(undefined as never, container, changes, true),
    },
    wanted,
  );
  return { host: container.request.HostConfig, told: told[0]! };
}

for (const [before, memory, after] of [
  [{}, 64, [64, 128]],
  [{ Memory: 32 * MIB }, 64, [64, 96]],
  [{ Memory: 32 * MIB }, 256, [256, 288]],
  [{ Memory: 48 * MIB, MemorySwap: 48 * MIB }, 64, [64, 64]],
  [{ Memory: 48 * MIB, MemorySwap: 48 * MIB }, 24, [24, 24]],
  [{ Memory: 48 * MIB, MemorySwap: -1 }, 64, [64, -1]],
] as const)
  test(`memory alone, ${memory} MiB, of a container with ${JSON.stringify(before)}`, async () => {
    const { host, told } = await change({ ...before }, { memory: memory * MIB });
    const [limit, swap] = after.map((size) => (size < 0 ? size : size * MIB));
    assert.equal([host.Memory, host.MemorySwap], [limit, swap]);
    assert.equal(told.memory, { limit, swap });
  });

test('no limit of processes is one, too', async () => {
  const { host, told } = await change({ PidsLimit: 20 }, { pids: 0 });
  assert.is(host.PidsLimit, 0);
  assert.equal(told.pids, { limit: -1 });
});

test.run();
