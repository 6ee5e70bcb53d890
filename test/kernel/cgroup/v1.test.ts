import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { hierarchies } from '../../../runtime/kernel/cgroup/hierarchies.ts';
import { openCgroup } from '../../../runtime/kernel/cgroup/open.ts';
import { daemonKernel } from '../../../runtime/kernel/linux/linux.ts';
import { defaultDeviceRules } from '../../../runtime/oci/default-spec.ts';
import { suite } from '../../harness.ts';

const test = suite('cgroup v1', 'root', 'cgroup1');
const k = daemonKernel();
// A pid would not be unique, because test files in other pid namespaces may run at the same time.
const parent = `/drydock-test-${randomUUID()}`;
const cgroup = openCgroup(`${parent}/one`);
const mount = (controller: string) => hierarchies().v1.find((h) => h.controllers.includes(controller))!.mount;
const file = (controller: string, name: string) =>
  readFileSync(`${mount(controller)}${cgroup.path}/${name}`, 'utf8').trim();

/** A shell that moves itself into every hierarchy, as the stage does, and then runs the script. */
function inside(script: string, path = cgroup.path): ChildProcess {
  const join = hierarchies()
    .v1.map((h) => `echo 0 > ${h.mount}${path}/tasks`)
    .join(' && ');
  return spawn('/bin/sh', ['-c', `${join} && ${script}`], { stdio: ['ignore', 'pipe', 'pipe'] });
}
async function finished(child: ChildProcess): Promise<{ out: string; code: number | null; signal: string | null }> {
  let out = '';
  child.stdout!.on('data', (d) => (out += d));
  child.stderr!.on('data', (d) => (out += d));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { out, code, signal };
}
const state = (pid: number) => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

test.before(async () => void (await cgroup.create(k)));
test.after(async () => {
  await cgroup.kill(k);
  await cgroup.remove(k);
  await openCgroup(parent).remove(k);
  assert.equal(
    hierarchies().v1.filter((h) => existsSync(h.mount + parent)),
    [],
  );
});

test('a directory stands in every hierarchy, and the cpuset has inherited its CPUs', () => {
  for (const { mount } of hierarchies().v1) assert.ok(existsSync(mount + cgroup.path), mount);
  assert.equal(file('cpuset', 'cpuset.cpus'), readFileSync(`${mount('cpuset')}/cpuset.cpus`, 'utf8').trim());
  assert.equal(file('cpuset', 'cpuset.mems'), readFileSync(`${mount('cpuset')}/cpuset.mems`, 'utf8').trim());
});

test('limits are what the kernel reads back', async () => {
  const warnings = await cgroup.limit(k, {
    memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20, swappiness: 10 },
    cpu: { shares: 512, period: 100_000, quota: 50_000, cpus: '0' },
    pids: { limit: 20 },
  });
  assert.equal(warnings, []);
  const seen = {
    limit: file('memory', 'memory.limit_in_bytes'),
    memsw: file('memory', 'memory.memsw.limit_in_bytes'),
    soft: file('memory', 'memory.soft_limit_in_bytes'),
    swappiness: file('memory', 'memory.swappiness'),
    shares: file('cpu', 'cpu.shares'),
    quota: file('cpu', 'cpu.cfs_quota_us'),
    cpus: file('cpuset', 'cpuset.cpus'),
    pids: file('pids', 'pids.max'),
  };
  assert.equal(seen, {
    limit: '67108864',
    memsw: '134217728',
    soft: '33554432',
    swappiness: '10',
    shares: '512',
    quota: '50000',
    cpus: '0',
    pids: '20',
  });
});

test('memory and swap can be raised and lowered again in one update', async () => {
  await cgroup.limit(k, { memory: { limit: 256 << 20, swap: 512 << 20 } });
  assert.equal(file('memory', 'memory.limit_in_bytes'), String(256 << 20));
  await cgroup.limit(k, { memory: { limit: 32 << 20, swap: 32 << 20 } });
  assert.equal(file('memory', 'memory.memsw.limit_in_bytes'), String(32 << 20));
  await cgroup.limit(k, { memory: { limit: 64 << 20, swap: -1 } });
  assert.equal(file('memory', 'memory.limit_in_bytes'), String(64 << 20));
});

test('a weight for block I/O is what the kernel reads back; one that does not know it gives docker’s warning', async () => {
  const known = ['blkio.weight', 'blkio.bfq.weight'].find((name) =>
    existsSync(`${mount('blkio')}${cgroup.path}/${name}`),
  );
  const warnings = await cgroup.limit(k, { blockIO: { weight: 300 } });
  const warning = 'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.';
  assert.equal([warnings, known && file('blkio', known)], known ? [[], '300'] : [[warning], undefined]);
});

test('the pids limit stops a fork bomb', async () => {
  // In a cgroup of its own, because the shell's orphans count until they are reaped.
  const small = openCgroup(`${parent}/small`);
  await small.create(k);
  await small.limit(k, { pids: { limit: 5 } });
  const { out } = await finished(inside('for i in 1 2 3 4 5 6 7 8; do sleep 0.2 & done; wait', small.path));
  assert.match(out, /fork|Resource temporarily unavailable/i);
  await small.remove(k);
});

test('a device outside the list cannot be made or opened, null can', async () => {
  await cgroup.allowDevices(k, defaultDeviceRules);
  const { out } = await finished(
    inside(`
    cd $(mktemp -d) && mknod kmsg c 1 11 && { head -c1 kmsg >/dev/null 2>&1 && echo kmsg opened || echo kmsg refused; }
    mknod null c 1 3 && echo x > null && echo null opened; rm -f kmsg null; rmdir $PWD`),
  );
  assert.equal(out.trim().split('\n'), ['kmsg refused', 'null opened']);
});

test('freeze stops every process, thaw lets them go on', async () => {
  const child = inside('while :; do :; done');
  while (!(await cgroup.processes()).length) await sleep(5);
  await cgroup.freeze(k);
  const before = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  assert.equal(state(child.pid!), 'D');
  await sleep(50);
  assert.equal(readFileSync(`/proc/${child.pid}/stat`, 'utf8'), before);
  await cgroup.thaw(k);
  assert.equal(state(child.pid!), 'R');
});

test('kill ends every process, those that ignore signals and frozen ones too', async () => {
  const child = inside("trap '' TERM INT HUP; sleep 100 & sleep 100 & wait");
  while ((await cgroup.processes()).length < 3) await sleep(5);
  const end = finished(child);
  await cgroup.freeze(k);
  await cgroup.kill(k);
  assert.equal(await cgroup.processes(), []);
  assert.equal((await end).signal, 'SIGKILL');
});

test('the OOM killer is noticed', async () => {
  assert.is(await cgroup.oomKilled(), false);
  await cgroup.limit(k, { memory: { limit: 16 << 20, swap: 16 << 20 } });
  let stop: (() => Promise<void>) | undefined;
  const told = new Promise<void>((resolve) => void cgroup.onOom(k, resolve).then((end) => (stop = end)));
  const child = inside('tail /dev/zero');
  await finished(child);
  assert.is(await cgroup.oomKilled(), true);
  await told;
  await stop?.();
  assert.match(cgroup.oom().says, /^oom_kill_disable 0, under_oom 0, oom_kill 1/);
});

test('stats and inspection show what was used', async () => {
  const stats = await cgroup.stats();
  assert.ok(
    stats.cpu.total > 0 && stats.memory.limit === 16 << 20 && stats.memory.maxUsage === 16 << 20,
    JSON.stringify(stats),
  );
  assert.equal(stats.pids.limit, 20);
  const memory = (await cgroup.inspect()).find((e) => e.title.startsWith('memory'))!;
  assert.ok(memory.lines.includes('memory.limit_in_bytes 16777216'), memory.lines.join('\n'));
});

test('a cgroup that the container made inside goes with it', async () => {
  spawnSync('mkdir', ['-p', `${mount('memory')}${cgroup.path}/a/b`]);
  await cgroup.remove(k);
  assert.not.ok(existsSync(mount('memory') + cgroup.path));
  await cgroup.remove(k);
});

test.run();
