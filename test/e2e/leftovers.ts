/**
 * A snapshot of the kernel's objects and the data root, as lines to compare. In the test's own namespaces every object
 * belongs to the test.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import type { Daemon } from './daemon.ts';

const list = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);
const attempt = (read: () => string) => {
  try {
    return read();
  } catch {
    return ''; // it ended during the loop
  }
};

/** Below the daemon's parent group in each hierarchy, because groups of other tests come and go. */
function cgroups(parent: string): string[] {
  const below = (dir: string): string[] =>
    existsSync(dir)
      ? readdirSync(dir, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .flatMap(({ name }) => [join(dir, name), ...below(join(dir, name))])
      : [];
  return ['', ...readdirSync('/sys/fs/cgroup')].flatMap((hierarchy) =>
    below(join('/sys/fs/cgroup', hierarchy, parent)),
  );
}

const OURS = ['drydock-shim', 'drydock-port-proxy', 'drydock-name-server', 'stage'];
/** Shims, proxies, stages and containers: all processes except this test, its shell, its registry and its daemon. */
function processes(daemon: Daemon): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const words = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      const inCgroup = attempt(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')).includes(`${daemon.cgroupParent}/`);
      // A zombie has no command line, so zombies of the daemon are found by their state.
      if (
        daemon.pid !== undefined &&
        new RegExp(`^State:\\s+Z[^]*^PPid:\\s+${daemon.pid}$`, 'm').test(
          attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8')),
        )
      )
        return [`${pid} zombie`];
      return inCgroup || OURS.includes(words[0] ?? '') ? [`${pid} ${words.join(' ')}`] : [];
    });
}

export function leftovers(daemon: Daemon): Record<string, string[]> {
  const networks = join(daemon.root, 'network');
  return {
    run: list('/run'),
    // A systemd in another test's container sets this option for the whole machine.
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').replaceAll(',nsdelegate', '').split('\n'),
    cgroups: cgroups(daemon.cgroupParent),
    links: sh('ip', '-o', 'link')
      .split('\n')
      .map((line) =>
        line
          .replace(/^\d+: |state \w+|<[^>]*>|qdisc \w+/g, '')
          .replace(/\\.*/, '')
          .trim(),
      ),
    nft: sh('nft', 'list', 'ruleset')
      .replace(/packets \d+ bytes \d+/g, '')
      .split('\n'),
    processes: processes(daemon),
    networks: list(networks).sort(),
    leases: list(networks)
      .map((id) => join(networks, id, 'leases'))
      .flatMap((dir) => list(dir).map((name) => `${name} ${attempt(() => readlinkSync(join(dir, name)))}`)),
    containers: list(join(daemon.root, 'containers')),
    runs: list(daemon.execRoot).filter((name) => name.length === 16),
    names: list(join(daemon.execRoot, 'names')),
    descriptors: daemon.pid ? descriptors(daemon.pid) : [],
  };
}

/** libuv keeps /dev/null open, read only, in each event loop with a stream, for an accept(2) that fails with EMFILE. */
const isReserve = (pid: number, fd: string, target: string) =>
  target === '/dev/null' && /^flags:\s+\d*0$/m.test(attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')));
const opened = (pid: number) =>
  list(`/proc/${pid}/fd`).flatMap((fd) => {
    const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return isReserve(pid, fd, target) ? [] : [target];
  });
const pause = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Descriptors by kind, not by number, because clients' sockets and worker threads' event loops come and go. A journal
 * is open only during a write, so one that stays open for a second is a leak.
 */
function descriptors(pid: number): string[] {
  let targets = opened(pid);
  for (let looks = 0; looks < 50 && targets.some((target) => target.endsWith('/journal.ndjson')); looks++) {
    pause(20);
    targets = opened(pid);
  }
  return targets
    .map((target) => target.replace(/\[\d+\]/, ''))
    .filter((target) => target !== '' && !/^(socket|pipe):|^anon_inode:\[event(fd|poll)\]|drydock\.sock/.test(target))
    .sort();
}

/** Of leases as 'ADDRESS CONTAINER': an endpoint has one address, or one of each family. */
function fewestEndpoints(leases: readonly string[]): number {
  const count = (id: string | undefined, six: boolean) =>
    leases.filter((line) => line.split(' ')[1] === id && line.includes(':') === six).length;
  const ids = [...new Set(leases.map((line) => line.split(' ')[1]))];
  return ids.reduce((sum, id) => sum + Math.max(count(id, false), count(id, true)), 0);
}

/**
 * A snapshot after the kernel's delayed deletions: a veth pair is deleted a little after its namespace, a lease with
 * the container. Needed for snapshots to compare with later, because a link that is about to disappear would be
 * reported as missing in every later comparison.
 */
export async function atRest(daemon: Daemon): Promise<Record<string, string[]>> {
  const veths = (held: Record<string, string[]>) => held['links']!.filter((line) => line.startsWith('veth')).length;
  const settled = (held: Record<string, string[]>) =>
    veths(held) >= fewestEndpoints(held['leases']!) && veths(held) <= held['leases']!.length;
  let now = leftovers(daemon);
  for (const end = Date.now() + 30_000; !settled(now) && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    now = leftovers(daemon);
  }
  assert.ok(settled(now), `links and leases differ: ${now['links']} and ${now['leases']}`);
  return now;
}

/** Waits for the kernel's delayed deletions, as atRest does. */
export async function sameAs(
  before: Record<string, string[]>,
  daemon: Daemon,
  what = 'something was left behind',
): Promise<void> {
  let now = leftovers(daemon);
  const differs = () => Object.keys(before).some((kind) => JSON.stringify(now[kind]) !== JSON.stringify(before[kind]));
  for (const end = Date.now() + 30_000; differs() && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    now = leftovers(daemon);
  }
  for (const kind of Object.keys(before)) assert.equal(now[kind], before[kind], `${what}: ${kind}`);
}
