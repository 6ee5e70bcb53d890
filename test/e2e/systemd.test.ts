/** systemd as a container's program, as used with docker: it boots, detects the container, and stops. */
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { hierarchies } from '../../runtime/kernel/cgroup/hierarchies.ts';
import { sh } from '../harness.ts';
import { preparedSystemd } from './image.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('systemd in a container', { images: ['systemd'], prepare: preparedSystemd });

const docker = (...args: string[]) => s.daemon.client('docker', args);
/** Parses /proc/PID/cgroup: controllers ('' for cgroup2) → path of the group in their hierarchy. */
const pathsIn = (cgroup: string): Map<string, string> =>
  new Map(
    cgroup
      .trim()
      .split('\n')
      .map((line) => line.split(':') as [string, string, string])
      .map(([, controllers, path]) => [controllers, path]),
  );
/** Groups made by systemd at the root of a hierarchy: those of the machine's own systemd, if it has one. */
const unitsOfMachine = (): string[] =>
  ['', 'systemd', 'unified']
    .flatMap((name) => {
      const dir = `/sys/fs/cgroup/${name}`;
      try {
        return readdirSync(dir).map((group) => `${dir}/${group}`);
      } catch {
        return []; // this hierarchy is not mounted
      }
    })
    .filter((path) => /\.(scope|slice|mount|service)$/.test(path));

/** Waits for systemd's message that all units have been started. */
async function boot(name: string): Promise<void> {
  await until(`systemd in ${name} has booted`, async () =>
    /^(running|degraded)/.test((await docker('exec', name, 'systemctl', 'is-system-running')).out),
  );
}

/**
 * Checks that it uses only its own groups in every hierarchy mounted on the machine; it may have mounted others for
 * itself.
 */
function isInOwnGroups(cgroup: string, id: string): void {
  const { v1, unified } = hierarchies();
  for (const controllers of [...v1.map((one) => one.controllers.join(',')), ...(unified ? [''] : [])]) {
    const path = pathsIn(cgroup).get(controllers) ?? '';
    assert.ok(path.includes(`${s.daemon.cgroupParent}/${id}`), `${controllers}: ${path}`);
  }
}

const exitCode = async (name: string): Promise<unknown> =>
  (await s.daemon.json<{ State: { ExitCode: number } }>(`/containers/${name}/json`)).State.ExitCode;

s.test('--privileged -t: it boots within its own groups, stops by its stop signal, and leaves nothing', async () => {
  const units = unitsOfMachine();
  const flags = ['-d', '--name', 'boots', '--privileged', '-t', '--stop-signal', 'SIGRTMIN+3'];
  const id = (await docker('run', ...flags, 'systemd')).out.trim();
  await boot('boots');
  assert.is((await docker('exec', 'boots', 'systemd-detect-virt')).out.trim(), 'docker');
  isInOwnGroups((await docker('exec', 'boots', 'cat', '/proc/1/cgroup')).out, id);
  assert.equal(unitsOfMachine(), units);
  await docker('stop', '-t', '60', 'boots');
  // 137 would mean SIGKILL after a minute.
  assert.is(await exitCode('boots'), 130);
  assert.match((await docker('logs', 'boots')).out, /Halting system/);
  await docker('rm', 'boots');
  assert.is(sh('find', '/sys/fs/cgroup', '-name', id), '');
  assert.equal(unitsOfMachine(), units);
});

s.test('without --privileged, with the flags that are documented for it and a client of before API 1.44', async () => {
  const tmpfs = ['/run', '/run/lock', '/tmp'].flatMap((path) => ['--tmpfs', path]);
  const flags = ['-d', '--name', 'plain', '--stop-signal', 'SIGRTMIN+3', '-v', '/sys/fs/cgroup:/sys/fs/cgroup:ro'];
  // Since API 1.44 read-only also applies to mounts below the bind, and then systemd 257 exits, with dockerd too.
  const older = { env: { DOCKER_API_VERSION: '1.43' } };
  const id = (await s.daemon.client('docker', ['run', ...flags, ...tmpfs, 'systemd'], older)).out.trim();
  await boot('plain');
  isInOwnGroups((await docker('exec', 'plain', 'cat', '/proc/1/cgroup')).out, id);
  await docker('stop', '-t', '60', 'plain');
  assert.is(await exitCode('plain'), 0);
  await docker('rm', 'plain');
  assert.is(sh('find', '/sys/fs/cgroup', '-name', id), '');
});

s.test.run();
