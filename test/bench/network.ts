/**
 * `npm run bench:network [ROUNDS [PATTERN]]`: published ports, names and starts on networks, Drydock and dockerd in
 * turn. It prints figures and asserts nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { until } from '../until.ts';
import { besideDockerd, compared, inTurn, type Side } from './beside.ts';
import { figure, timed } from './measure.ts';
import type { Row } from './rows.ts';

const rounds = Number(process.argv[2] ?? 5);
const only = new RegExp(process.argv[3] ?? '');
const LOAD = 'test/bench/network-load.mjs';
const BYTES = 1 << 30;
const begun: ChildProcess[] = [];

const pidOf = (side: Side, id: string) => side.docker('inspect', '-f', '{{.State.Pid}}', id);
/** In the network namespace of this process, or of itself. */
async function serveIn(pid: string | undefined, port: number): Promise<void> {
  const child = spawn('nsenter', [...(pid ? ['-n', '-t', pid] : []), process.execPath, LOAD, 'serve', String(port)]);
  begun.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
}
const inside = (pid: number | string | undefined, ...words: string[]): string =>
  sh('nsenter', ...(pid ? ['-n', '-t', String(pid)] : []), process.execPath, LOAD, ...words);

/** A machine on the other side of a cable, which can only reach this one's addresses. */
async function neighbour(): Promise<number> {
  const child = spawn('unshare', ['-n', 'sleep', '100000'], { stdio: 'ignore' });
  begun.push(child);
  const pid = String(child.pid);
  const own = readNamespace('self');
  await until('it has a namespace', () => readNamespace(pid) !== own);
  sh('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', pid);
  sh('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'cable');
  sh('ip', 'link', 'set', 'cable', 'up');
  for (const words of ['addr add 192.0.2.9/24 dev cable', 'link set cable up'])
    sh('nsenter', '-n', '-t', pid, 'ip', ...words.split(' '));
  return child.pid!;
}
const readNamespace = (pid: string): string => sh('readlink', `/proc/${pid}/ns/net`);

/** Proportional set size in MiB of the processes whose command line matches. */
function memoryOf(pattern: RegExp): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      if (!pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))) continue;
      sum += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1]) / 1024;
    } catch {
      // it has ended
    }
  return sum;
}

async function* transfers(sides: Side[]): AsyncGenerator<Row> {
  const far = await neighbour();
  const ports = new Map(sides.map(({ name }, j) => [name as string, 18080 + j]));
  const ids = new Map<string, string>();
  for (const side of sides) {
    const id = await side.docker('run', '-d', '-p', `${ports.get(side.name)}:80`, 'ubuntu', 'sleep', '100000');
    ids.set(side.name, id);
    await serveIn(await pidOf(side, id), 80);
  }
  await serveIn(undefined, 18090);
  const rate = (ms: string) => BYTES / 2 ** 20 / (Number(ms) / 1000);
  const fetched = (from: number | undefined, host: string, port: number) =>
    rate(inside(from, 'fetch', host, String(port), String(BYTES)));
  const direct = figure(Array.from({ length: rounds }, () => fetched(far, '192.0.2.1', 18090)));
  const outside = await inTurn(rounds, sides, (side) =>
    Promise.resolve(fetched(far, '192.0.2.1', ports.get(side.name)!)),
  );
  yield compared('TCP through a published port, from outside', 'MiB/s', outside, { least: 0.95 });
  yield {
    what: 'the same without a container',
    unit: 'MiB/s',
    goal: 'drydock ≥ 0.9 of it',
    figures: { drydock: direct },
    reached: outside['drydock']!.median >= 0.9 * direct.median,
  };
  const loopback = await inTurn(rounds, sides, (side) =>
    Promise.resolve(fetched(undefined, '127.0.0.1', ports.get(side.name)!)),
  );
  yield compared('the same through loopback, by the proxy', 'MiB/s', loopback, { least: 1.5 });
  for (const side of sides) await side.docker('rm', '-f', ids.get(side.name)!);
}

async function* measure(sides: Side[]): AsyncGenerator<Row> {
  const wanted = (name: string) => only.test(name);
  for (const side of sides) await side.docker('network', 'create', `front-${side.name}`);
  const front = (side: Side) => ['--network', `front-${side.name}`];
  if (wanted('transfer')) yield* transfers(sides);
  if (wanted('memory')) {
    const used: Record<string, number> = {};
    for (const [j, side] of sides.entries()) {
      const range = `${20000 + j * 1000}-${20099 + j * 1000}`;
      const id = await side.docker('run', '-d', '-p', `${range}:8000-8099`, 'ubuntu', 'sleep', '100000');
      used[side.name] = memoryOf(side.name === 'dockerd' ? /docker-proxy/ : /port-proxy/);
      await side.docker('rm', '-f', id);
    }
    const figures = Object.fromEntries(Object.entries(used).map(([name, value]) => [name, figure([value])]));
    const reached = used['drydock']! > 0 && used['drydock']! <= 2;
    yield { what: 'memory for 100 published ports', unit: 'MiB', goal: '≤ 2 MiB', figures, peer: 'dockerd', reached };
  }
  if (wanted('names')) {
    const pids = new Map<string, string>();
    for (const side of sides) {
      await side.docker('run', '-d', '--name', 'db', ...front(side), 'ubuntu', 'sleep', '100000');
      pids.set(
        side.name,
        await pidOf(side, await side.docker('run', '-d', ...front(side), 'ubuntu', 'sleep', '100000')),
      );
    }
    const slowest: number[] = [];
    const figures = await inTurn(rounds, sides, (side) => {
      const [ms, p99] = inside(pids.get(side.name), 'ask', 'db', '20000').split(' ').map(Number) as [number, number];
      if (side.name === 'drydock') slowest.push(p99);
      return Promise.resolve(20000 / (ms / 1000));
    });
    yield compared('names: questions a second of one container', '/s', figures, { least: 2 });
    const p99 = figure(slowest);
    const what = 'the 99th percentile of them, 32 at once';
    yield { what, unit: 'ms', goal: '< 2 ms', figures: { drydock: p99 }, reached: p99.median < 2 };
  }
  if (wanted('run')) {
    const figures = await inTurn(rounds, sides, (side) =>
      timed(() => side.docker('run', '--rm', ...front(side), '-p', '18100:80', 'ubuntu', 'true')),
    );
    yield compared('docker run --rm on a network, with a published port', 'ms', figures, { most: 0.3 });
  }
  if (wanted('three')) {
    const own = sides[0]!;
    for (const name of ['second', 'third']) await own.docker('network', 'create', name);
    const start = async (...more: string[]) => {
      const id = await own.docker('create', ...front(own), 'ubuntu', 'true');
      for (const name of more) await own.docker('network', 'connect', name, id);
      const ms = await timed(() => own.docker('start', '-a', id));
      await own.docker('rm', id);
      return ms;
    };
    const [one, three]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds * 2; round++) {
      one.push(await start());
      three.push(await start('second', 'third'));
    }
    const figures = { drydock: figure(three), 'one network': figure(one) };
    const reached = figures.drydock.median <= 2 * figures['one network'].median;
    yield { what: 'start with three networks', unit: 'ms', goal: '≤ 2 × one', figures, peer: 'one network', reached };
  }
  if (wanted('crowd')) yield* crowd(sides[0]!);
}

async function* crowd(side: Side): AsyncGenerator<Row> {
  const COUNT = 300;
  const all = Array.from({ length: COUNT }, (_, j) => j);
  await side.docker('network', 'create', '--subnet', '10.77.0.0/16', 'crowd');
  const started = await timed(async () => {
    for (let j = 0; j < COUNT; j += 20)
      await Promise.all(
        all
          .slice(j, j + 20)
          .map((n) =>
            side.docker(
              ...['run', '-d', '--name', `c${n}`, '--network', 'crowd', '-p', `${30000 + n}:80`, 'ubuntu'],
              ...['sleep', '100000'],
            ),
          ),
      );
  });
  const pids = await Promise.all(all.map((n) => pidOf(side, `c${n}`)));
  for (const pid of pids.slice(0, 20)) await serveIn(pid, 80);
  let reached = 0;
  for (let n = 0; n < 20; n++)
    if (Number(inside(undefined, 'fetch', '127.0.0.1', String(30000 + n), '1')) > 0) reached++;
  let resolved = 0;
  for (let n = 0; n < COUNT; n++) {
    inside(pids[COUNT - 1 - n], 'ask', `c${n}`, '1');
    resolved++;
  }
  const removed = await timed(() => side.docker('rm', '-f', ...all.map((n) => `c${n}`)));
  await side.docker('network', 'rm', 'crowd');
  const rules = sh('sh', '-c', 'nft list ruleset | grep -c "dport 30" || true').trim();
  const what = `${COUNT} containers with a port each: ${reached} of 20 asked are reached, ${resolved} names resolve, ${rules} rules are left`;
  yield { what, unit: 'ms', goal: 'all', figures: { drydock: figure([started]) }, reached: resolved === COUNT };
  yield { what: 'they are removed', unit: 'ms', figures: { drydock: figure([removed]) } };
}

try {
  await besideDockerd(measure);
} finally {
  for (const child of begun) child.kill();
}
