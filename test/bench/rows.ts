/** The rows of the table: what is measured, under which conditions, and the goal. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../e2e/daemon.ts';
import { leftovers, sameAs } from '../e2e/leftovers.ts';
import type { Ran } from '../e2e/ran.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { type Figure, figure, interleaved, timed } from './measure.ts';
import { Bundle, type Dockerd, installed, type Podman } from './peers.ts';
import { startOf, type Start } from './start.ts';

export interface Row {
  what: string;
  unit: string;
  goal?: string;
  reached?: boolean;
  figures: Record<string, Figure>;
  peer?: string;
}
export interface Bench {
  daemon: Daemon;
  dockerd: Dockerd | undefined;
  podman: Podman | undefined;
  rounds: number;
  starts: number;
  crowd: number;
}

const good = (ran: Ran): void => {
  if (ran.code !== 0) throw new Error(`code ${ran.code}: ${ran.err}`);
};
const ratio = (figures: Record<string, Figure>, peer: string) =>
  figures[peer] ? figures['drydock']!.median / figures[peer].median : undefined;
function against(what: string, figures: Record<string, Figure>, peer: string, most: number): Row {
  const reached = ratio(figures, peer);
  return {
    what,
    unit: 'ms',
    goal: `≤ ${most} of ${peer}`,
    figures,
    peer,
    ...(reached !== undefined && { reached: reached <= most }),
  };
}
const dockerRun = (network: string) => [
  'run',
  '--rm',
  ...(network === 'bridge' ? [] : ['--network', network]),
  'ubuntu',
  'true',
];

async function wallTime(b: Bench, network: string): Promise<Record<string, Figure>> {
  return interleaved(b.rounds, {
    drydock: () => timed(async () => good(await b.daemon.docker(...dockerRun(network)))),
    ...(b.dockerd && { dockerd: () => timed(async () => good(await b.dockerd!.docker(...dockerRun(network)))) }),
    ...(b.podman?.can(network) && { podman: () => timed(async () => good(await b.podman!.run(network))) }),
  });
}
export const runBridge = async (b: Bench): Promise<Row> =>
  against('docker run --rm ubuntu true, bridge network', await wallTime(b, 'bridge'), 'dockerd', 0.3);
export const runNone = async (b: Bench): Promise<Row> =>
  against('docker run --rm ubuntu true, no network', await wallTime(b, 'none'), 'dockerd', 0.3);

/** The unpacked base layer of the image: the layer in the store that contains /bin. */
function baseLayer(root: string): string {
  const layers = join(root, 'layers');
  const found = readdirSync(layers).find((name) => readdirSync(join(layers, name, 'diff')).includes('bin'));
  if (!found) throw new Error(`no layer with /bin in ${layers}`);
  return join(layers, found, 'diff');
}

/** Drydock over its API from create to removal, the others by their commands: the least that each needs for a run. */
export async function lowLevel(b: Bench): Promise<Row> {
  const bundle = installed('runc') ? new Bundle(baseLayer(b.daemon.root)) : undefined;
  const runtimes: ('runc' | 'crun')[] = [];
  for (const runtime of ['runc', 'crun'] as const) {
    if (!bundle || !installed(runtime)) continue;
    const { code, err } = await bundle.run(runtime);
    if (code === 0) runtimes.push(runtime);
    else console.error(`${runtime} is left out, it does not run here: ${err.trim()}`);
  }
  try {
    const figures = await interleaved(b.rounds, {
      drydock: () =>
        timed(async () => {
          const { Id } = JSON.parse(
            (
              await b.daemon.api('POST', '/containers/create', {
                Image: 'ubuntu',
                Cmd: ['true'],
                HostConfig: { NetworkMode: 'none', AutoRemove: true },
              })
            ).body,
          ) as { Id: string };
          const gone = b.daemon.api('POST', `/containers/${Id}/wait?condition=removed`);
          await b.daemon.api('POST', `/containers/${Id}/start`);
          await gone;
        }),
      ...Object.fromEntries(
        runtimes.map((runtime) => [runtime, () => timed(async () => good(await bundle!.run(runtime)))]),
      ),
    });
    return {
      what: 'true without network: over the API; runc and crun with a prepared bundle',
      unit: 'ms',
      figures,
      peer: 'runc',
    };
  } finally {
    bundle?.close();
  }
}

/** Starts one after another; the cost of each step is in `starts`. */
export async function startTimes(b: Bench): Promise<{ rows: Row[]; starts: Start[] }> {
  const starts: Start[] = [];
  const seen: number[] = [];
  for (let j = -5; j < b.starts; j++) {
    const { Id } = JSON.parse(
      (await b.daemon.api('POST', '/containers/create', { Image: 'ubuntu', Cmd: ['true'] })).body,
    ) as { Id: string };
    const ms = await timed(() => b.daemon.api('POST', `/containers/${Id}/start`));
    await b.daemon.api('POST', `/containers/${Id}/wait`);
    const events = (await b.daemon.api('GET', `/drydock/containers/${Id}/journal`)).body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    await b.daemon.api('DELETE', `/containers/${Id}?force=1`);
    if (j < 0) continue;
    starts.push(startOf(events));
    seen.push(ms);
  }
  const inside = figure(starts.map((s) => s.ms));
  return {
    starts,
    rows: [
      {
        what: 'API start received → execve succeeded, from the journal, bridge network',
        unit: 'ms',
        goal: '≤ 15 ms',
        reached: inside.median <= 15,
        figures: { drydock: inside },
      },
      { what: 'POST /start → 204, as the client sees it', unit: 'ms', figures: { drydock: figure(seen) } },
    ],
  };
}

export async function pulls(b: Bench): Promise<Row> {
  const pull = async (docker: (...args: string[]) => Promise<Ran>) => {
    await docker('rmi', '-f', 'ubuntu');
    return timed(async () => good(await docker('pull', '-q', 'ubuntu')));
  };
  const figures = await interleaved(Math.max(3, b.rounds >> 2), {
    drydock: () => pull((...args) => b.daemon.docker(...args)),
    ...(b.dockerd && { dockerd: () => pull((...args) => b.dockerd!.docker(...args)) }),
  });
  return against('docker pull of a minbase image from a loopback registry', figures, 'dockerd', 0.5);
}

/** Resident size in MiB of the processes with this name. */
function residents(name: RegExp): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return name.test(words) ? [residentOf(Number(pid))] : [];
      } catch {
        return [];
      }
    });
}
/**
 * Resident size from counting pages, because VmRSS of a small process can be off by as much as its size
 * (proc_pid_status(5)).
 */
export const residentOf = (pid: number): number =>
  Number(/^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;

export async function shimMemory(b: Bench): Promise<Row> {
  const sides = {
    drydock: b.daemon.docker.bind(b.daemon),
    ...(b.dockerd && { dockerd: b.dockerd.docker.bind(b.dockerd) }),
  };
  for (const docker of Object.values(sides))
    for (let j = 0; j < 3; j++) good(await docker('run', '-d', '--name', `resident${j}`, 'ubuntu', 'sleep', '1000'));
  const figures = {
    drydock: figure(residents(/^drydock-shim\0/)),
    ...(b.dockerd && { dockerd: figure(residents(/^\S*containerd-shim-runc-v2\0/)) }),
  };
  for (const docker of Object.values(sides)) good(await docker('rm', '-f', 'resident0', 'resident1', 'resident2'));
  return {
    what: 'resident memory of the shim of a running container',
    unit: 'MiB',
    goal: '≤ 1 MiB',
    reached: figures.drydock.highest <= 1,
    figures,
    peer: 'dockerd',
  };
}

/** Starts many containers, stops all of them, and checks that nothing is left. */
export async function crowd(b: Bench): Promise<Row[]> {
  const before = leftovers(b.daemon);
  const ids: string[] = [];
  const begun = performance.now();
  let next = 0;
  const worker = async () => {
    while (next++ < b.crowd) {
      const { Id } = JSON.parse(
        (await b.daemon.api('POST', '/containers/create', { Image: 'ubuntu', Cmd: ['sleep', '1000'] })).body,
      ) as { Id: string };
      ids.push(Id);
      const { status, body } = await b.daemon.api('POST', `/containers/${Id}/start`);
      if (status !== 204) throw new Error(`start: ${status} ${body}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const started = performance.now() - begun;
  const running = (await b.daemon.json<{ State: string }[]>('/containers/json')).filter(
    (c) => c.State === 'running',
  ).length;
  const memory = residentOf(b.daemon.pid ?? 0);
  const stopped = await timed(() => Promise.all(ids.map((id) => b.daemon.api('DELETE', `/containers/${id}?force=1`))));
  await sameAs(before, b.daemon);
  const one = (value: number) => ({ drydock: figure([value]) });
  return [
    {
      what: `${running} of ${b.crowd} containers running at once: started`,
      unit: 'ms',
      goal: 'all start',
      reached: running === b.crowd,
      figures: one(started),
    },
    {
      what: `the same, removed by force, nothing left`,
      unit: 'ms',
      goal: 'all stop',
      reached: true,
      figures: one(stopped),
    },
    {
      what: 'the daemon with all of them',
      unit: 'MiB',
      goal: '< 200 MiB',
      reached: memory < 200,
      figures: one(memory),
    },
  ];
}
