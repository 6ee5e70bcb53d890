/**
 * `npm run soak [RUNS] [AT ONCE]`: containers one after another; some of them are killed, removed, paused or executed
 * into at a random moment. It compares what the daemon and the kernel hold before, at twelve moments in between, and
 * after. Then a fifth as many, while the daemon is killed again and again; for these everything is compared except
 * memory. All of it happens in new network, mount and pid namespaces.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { missing } from '../harness.ts';
import { Daemon } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import { leftovers } from '../e2e/leftovers.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { NODE_FLAGS } from '../../runtime/cli/client/autostart.ts';
import { heapOf, INSPECT } from './heap.ts';
import { residentOf } from './rows.ts';
import { until } from '../until.ts';

const lacks = missing(...needs);
if (lacks) throw new Error(`the soak ${lacks}`);
await ownRoom(preparedImages);
const [runs, atOnce] = [Number(process.argv[2] ?? 500), Number(process.argv[3] ?? 8)];
const registry = await cachedRegistry();
const daemon = await new Daemon(['--registry-mirror', `http://${registry.host}`], [...NODE_FLAGS, INSPECT]).start();

interface Line {
  done: number;
  'daemon MiB': number;
  'heap MiB': number;
  descriptors: number;
  threads: number;
  mounts: number;
  cgroups: number;
  links: number;
  processes: number;
  leases: number;
  containers: number;
}
async function look(done: number): Promise<Line> {
  const heap = await heapOf(daemon);
  const all = leftovers(daemon);
  const count = (kind: string) => all[kind]?.filter(Boolean).length ?? 0;
  const pid = daemon.pid ?? 0;
  return {
    done,
    'daemon MiB': Math.round(residentOf(pid) * 10) / 10,
    'heap MiB': Math.round(heap * 100) / 100,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    mounts: count('mounts'),
    cgroups: count('cgroups'),
    links: count('links'),
    processes: count('processes'),
    leases: count('leases'),
    containers: count('containers'),
  };
}

/** What may happen to a container at a random moment. */
const fates: ((id: string) => Promise<unknown>)[] = [
  (id) => daemon.api('POST', `/containers/${id}/kill`),
  (id) => daemon.api('DELETE', `/containers/${id}?force=1`),
  (id) => daemon.api('POST', `/containers/${id}/stop?t=0`),
  (id) => daemon.api('POST', `/containers/${id}/pause`),
  async (id) => {
    const { status, body } = await daemon.api('POST', `/containers/${id}/exec`, {
      Cmd: ['sh', '-c', 'sleep 0.01; true'],
      AttachStdout: false,
    });
    if (status === 201)
      await daemon.api('POST', `/exec/${(JSON.parse(body) as { Id: string }).Id}/start`, { Detach: true });
  },
  killShim,
];

async function killShim(id: string): Promise<void> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`drydock-shim\0${id}`))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // The container has ended meanwhile.
    }
  }
}

const tally: Record<string, number> = {};
const note = (what: string) => void (tally[what] = (tally[what] ?? 0) + 1);
async function oneRun(): Promise<void> {
  const made = await daemon.api('POST', '/containers/create', {
    Image: 'tiny',
    Cmd: ['sh', '-c', `echo out; sleep ${Math.random() < 0.5 ? 0 : 0.05}`],
    HostConfig: { Memory: 64 << 20, PidsLimit: 50 },
  });
  if (made.status !== 201) return note(`create ${made.status} ${made.body}`);
  const { Id } = JSON.parse(made.body) as { Id: string };
  const started = daemon.api('POST', `/containers/${Id}/start`);
  const fate = fates[Math.floor(Math.random() * fates.length * 2)];
  const fated = fate && sleep(Math.random() * 60).then(() => fate(Id));
  const [{ status }] = await Promise.all([started, fated]);
  note(`start ${status}`);
  note(`remove ${(await daemon.api('DELETE', `/containers/${Id}?force=1`)).status}`);
}

async function batch(count: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next++ < count) {
        await oneRun().catch(async () => {
          note('cut off');
          await until(
            'the daemon is back',
            async () => (await daemon.api('GET', '/_ping').catch(() => undefined))?.status === 200,
            60,
          );
        });
      }
    }),
  );
}

/** Resolves with the number of times the daemon was killed. */
async function batchWithoutMercy(count: number): Promise<number> {
  let over = false;
  let kills = 0;
  const killing = (async () => {
    for (; !over; kills++) {
      await sleep(500 + Math.random() * 2000);
      await daemon.kill9();
      await daemon.start();
    }
  })();
  await batch(count);
  over = true;
  await killing;
  await daemon.removeAll();
  return kills;
}

try {
  await daemon.ok('pull', '-q', 'tiny');
  await batch(Math.min(50, runs)); // bridge, parent cgroup, worker threads and compiled code are created only once
  const lines: Line[] = [];
  const parts = 12;
  for (let part = 0; part <= parts; part++) {
    if (part) await batch(Math.ceil(runs / parts));
    await sleep(1000); // the kernel deletes a veth pair a little after its namespace
    lines.push(await look(Math.ceil(runs / parts) * part));
    console.log(JSON.stringify(lines[part]));
  }
  console.table(lines);
  console.log(tally);
  const [first, last] = [lines[0]!, lines[lines.length - 1]!];
  const kinds = (Object.keys(first) as (keyof Line)[]).filter(
    (key) => !['done', 'daemon MiB', 'heap MiB', 'threads'].includes(key),
  );
  const counted = kinds.filter((key) => last[key] > first[key]);
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  // The first sample is from before the first container; during the first third the event journal and compiled code
  // grow.
  const thirds = (key: 'daemon MiB' | 'heap MiB') =>
    [0, 1, 2].map((third) => median(lines.slice(1 + third * 4, 5 + third * 4).map((line) => line[key])));
  const [resident, heap] = [thirds('daemon MiB'), thirds('heap MiB')];
  console.log(`medians of thirds: resident ${resident.join(', ')} MiB; heap after a collection ${heap.join(', ')} MiB`);
  const grown = counted
    .map((key) => `${key} ${first[key]} → ${last[key]}`)
    .concat(heap[2]! > heap[1]! * 1.05 + 0.5 ? [`heap ${heap.join(' → ')} MiB`] : []);
  console.log(
    grown.length
      ? `NOT FLAT: ${grown.join(', ')}`
      : 'flat: heap, descriptors, mounts, cgroups, links, processes, leases, containers',
  );
  const kills = await batchWithoutMercy(Math.ceil(runs / 5));
  await sleep(1000);
  const after = leftovers(daemon);
  const stays = kinds.filter((key) => key !== 'descriptors' && (after[key]?.filter(Boolean).length ?? 0) > first[key]);
  console.log(tally);
  console.log(
    `${Math.ceil(runs / 5)} more with kill -9 of the daemon ${kills} times: ${stays.length ? `LEFT BEHIND: ${stays.map((key) => `${key} ${first[key]} → ${after[key]?.join(' | ')}`).join(', ')}` : 'nothing is left'}`,
  );
} finally {
  await daemon.close();
  await registry.close();
}
