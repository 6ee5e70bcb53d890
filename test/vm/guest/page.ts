/**
 * The page's data on cgroup v2, without a browser: the drawn picture, samples and limits. Version 1 is tested by
 * test/watch and test/web.
 */
import * as assert from 'node:assert/strict';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { drawCgroups } from '../../../web/draw/cgroups.ts';
import { frozen, groupsOf, joined, outOfMemory } from '../../../web/draw/groups.ts';
import { limitsOf } from '../../../web/draw/limits.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { Caller } from '../../live/caller.ts';
import { next } from '../../watch/looking.ts';
import { type Check, layout } from './check.ts';
import { client, during, exec, inspect, journal } from './daemon.ts';
import { until } from '../../until.ts';

const MIB = 2 ** 20;
const held = {
  Cmd: ['sleep', '1000'],
  HostConfig: { Memory: 48 * MIB, MemorySwap: 48 * MIB, NanoCpus: 5e8, PidsLimit: 30 },
};

const now = async (id: string) => {
  const events = await journal(id);
  return { events, frame: frameAt(events, events.length - 1) };
};
const drawn = async (id: string) => {
  const { events, frame } = await now(id);
  const { items, table } = drawCgroups(words, frame, events);
  return {
    keys: items.map(({ key }) => key),
    marks: JSON.stringify(items.flatMap(({ marks }) => marks)),
    rows: table.rows.map(({ cells }) => cells.join(' ')).join('\n'),
  };
};

export const page: Check[] = [
  {
    name: 'the picture is one tree with all controllers',
    run: () =>
      during(held, async (id) => {
        const groups = groupsOf((await now(id)).frame);
        assert.deepEqual(
          groups.map(({ mount, parents, controllers }) => [mount, parents.join('/'), controllers]),
          [['/sys/fs/cgroup', 'drydock', 'cpuset,cpu,io,memory,pids']],
        );
        assert.ok(groups.every(joined) && !groups.some(frozen));
        assert.deepEqual(
          groups
            .flatMap((group) => limitsOf(words, group))
            .map(({ of, limit }) => `${of} ${limit}`)
            .sort(),
          ['cpu 0.5', `memory ${48 * MIB}`, 'pids 30'],
        );
        const { keys, marks } = await drawn(id);
        assert.deepEqual([keys.includes('process'), marks.includes(`"${words.cgroups.all}"`)], [false, true]);
      }),
  },
  {
    name: 'a pause is seen in the picture and its table, and that it is over',
    run: () =>
      during(held, async (id) => {
        const says = async () => [
          (await drawn(id)).marks.includes(`"${words.cgroups.marks.frozen}"`),
          (await drawn(id)).rows.includes(words.cgroups.states.frozen),
        ];
        await client.post(`/containers/${id}/pause`);
        assert.deepEqual(await says(), [true, true]);
        await client.post(`/containers/${id}/unpause`);
        assert.deepEqual(await says(), [false, false]);
      }),
  },
  {
    name: 'memory that runs out is told when it happens, while the container runs on',
    run: () =>
      during(held, async (id) => {
        assert.equal((await exec(id, 'tail', '/dev/zero')).code, 137);
        const { events, told } = await until('the journal tells it', async () => {
          const { events, frame } = await now(id);
          const told = outOfMemory(frame, events).find(({ kills }) => kills === 1);
          return told && { events, told };
        });
        const fact = events.find(({ seq }) => seq === told.seq);
        assert.ok(
          fact?.type === 'fact' && fact.facts.some(({ key }) => key === layout.file(id, 'memory.events')),
          JSON.stringify(fact),
        );
        assert.equal((await inspect(id)).State.Status, 'running');
      }),
  },
  {
    name: 'samples follow what is used, and limits are changed and read back',
    run: () =>
      during(held, async (id) => {
        const caller = await Caller.enter((await client.post<{ url: string }>('/drydock/playground', {}, {})).url);
        try {
          await caller.ask('usage', { id, on: true });
          const first = (await next(caller, 'sample', (one) => one.id === id)).sample;
          assert.deepEqual(
            [first.memory.limit, first.cpu.limit, first.pids, first.frozen],
            [48 * MIB, 0.5, { current: 1, limit: 30 }, false],
          );
          await exec(id, 'dd', 'if=/dev/zero', 'of=/dev/shm/held', 'bs=1M', 'count=20');
          const { sample } = await next(
            caller,
            'sample',
            (one) => one.sample.memory.usage > first.memory.usage + 19 * MIB,
          );
          assert.ok(
            sample.memory.most! >= sample.memory.usage && sample.cpu.total > first.cpu.total,
            JSON.stringify(sample),
          );
          const { files, refused } = await caller.ask('limits', { id, memory: 64 * MIB, cpus: 0.25, pids: 20 });
          assert.equal(refused, undefined);
          const limits = ['memory.max', 'memory.swap.max', 'cpu.max', 'pids.max'];
          const said = new Map(files.map(({ path, value }) => [path.split('/').at(-1)!, value]));
          assert.deepEqual(
            limits.map((file) => said.get(file)),
            [`${64 * MIB}`, '0', '25000 100000', '20'],
          );
          await next(
            caller,
            'sample',
            (one) =>
              one.sample.memory.limit === 64 * MIB && one.sample.cpu.limit === 0.25 && one.sample.pids.limit === 20,
          );
          await client.post(`/containers/${id}/pause`);
          await next(caller, 'sample', (one) => one.sample.frozen);
          await client.post(`/containers/${id}/unpause`);
          await next(caller, 'sample', (one) => !one.sample.frozen);
        } finally {
          caller.socket.close();
        }
      }),
  },
];
