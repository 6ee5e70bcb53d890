/**
 * What the kernel and the data root hold at a moment, as lines to compare: in a room everything in it is the test's
 * own.
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
    return ''; // it ended while we looked
  }
};

/** Below the parent in each hierarchy, whichever there are: other tests' groups come and go meanwhile. */
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

/** Shims, stages and containers: what is neither this test, its shell, its registry nor its daemon. */
function processes(daemon: Daemon): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const words = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      const inCgroup = attempt(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')).includes(`${daemon.cgroupParent}/`);
      // a child that has ended and that nobody has waited for has no command line
      if (
        daemon.pid !== undefined &&
        new RegExp(`^State:\\s+Z[^]*^PPid:\\s+${daemon.pid}$`, 'm').test(
          attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8')),
        )
      )
        return [`${pid} zombie`];
      return inCgroup || words[0] === 'drydock-shim' || words[0] === 'stage' ? [`${pid} ${words.join(' ')}`] : [];
    });
}

export function leftovers(daemon: Daemon): Record<string, string[]> {
  const leases = join(daemon.root, 'network/bridge/leases');
  return {
    run: list('/run'),
    // a systemd in another test's container sets this option for the whole machine
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
    leases: list(leases).map((name) => `${name} ${attempt(() => readlinkSync(join(leases, name)))}`),
    containers: list(join(daemon.root, 'containers')),
    runs: list(daemon.execRoot).filter((name) => name.length === 16),
    descriptors: daemon.pid ? descriptors(daemon.pid) : [],
  };
}

const opened = (pid: number) =>
  list(`/proc/${pid}/fd`).map((fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
const pause = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * By what they are, not by number: sockets of clients come and go, and so do worker threads with their event loops. A
 * journal is open for one write, however long that is: one that stays open for a second is left.
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

/**
 * What there is when the kernel has deleted all that it is about to: a veth pair goes a little after its namespace, and
 * a lease with the container. For what is compared with later, because a link that was still there would be missed for
 * ever.
 */
export async function atRest(daemon: Daemon): Promise<Record<string, string[]>> {
  const veths = (held: Record<string, string[]>) => held['links']!.filter((line) => line.startsWith('veth')).length;
  let now = leftovers(daemon);
  for (const end = Date.now() + 30_000; veths(now) !== now['leases']!.length && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    now = leftovers(daemon);
  }
  assert.is(veths(now), now['leases']!.length, `links and leases differ: ${now['links']} and ${now['leases']}`);
  return now;
}

/** Waits for what the kernel deletes later, as atRest does. */
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
