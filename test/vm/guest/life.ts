/** The life of a container: run, exec, pause, kill, and a daemon that is killed meanwhile. */
import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type Check, layout, on } from './check.ts';
import {
  client,
  create,
  daemonPid,
  during,
  endDaemon,
  exec,
  inspect,
  journal,
  logs,
  remove,
  run,
  sh,
  startDaemon,
} from './daemon.ts';
import { until } from '../../until.ts';

const group = on('cgroup.procs', 'pids/cgroup.procs');
const counting = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i >/tmp/i; done'];
const frozen = (id: string) => layout.read(id, on('cgroup.events', 'freezer/freezer.state'));

export const life: Check[] = [
  {
    name: 'a program runs as process 1 and its exit code is reported',
    run: async () => {
      const { code, out } = await sh('echo $$; exit 7');
      assert.deepEqual([code, out], [7, '1\n']);
    },
  },
  {
    name: 'inside, the group is the root of what is mounted, read-only, and one in all hierarchies',
    run: async () => {
      const { out } = await sh(
        'cut -d: -f3 /proc/self/cgroup | sort -u; ls /sys/fs/cgroup; mkdir /sys/fs/cgroup/x 2>&1',
      );
      // On version 1 the namespace is the host's; the cgroup2 beside it has a group with the same path.
      const path = on('/', '/drydock/[0-9a-f]{64}');
      assert.match(out, new RegExp(`^${path}\\n[^/]*\\b${on('cgroup.procs', 'memory')}\\n[^]*Read-only file system`));
    },
  },
  {
    name: 'rights are dropped and the filter is on',
    run: async () =>
      assert.match(
        (await sh('grep -E "CapEff|Seccomp:|NoNewPrivs" /proc/self/status')).out,
        /CapEff:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2/,
      ),
  },
  {
    name: 'it has an address and reaches its gateway',
    run: async () =>
      assert.match(
        (await sh('ip -4 -o addr show eth0; ping -c 1 -W 5 $(ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p")'))
          .out,
        /inet 172\.\d+\.\d+\.\d+[\s\S]*1 packets received/,
      ),
  },
  {
    name: 'two containers reach each other',
    run: () =>
      during({ Cmd: ['sleep', '1000'] }, async (id) => {
        assert.match(
          (await sh(`ping -c 1 -W 5 ${(await inspect(id)).NetworkSettings.IPAddress}`)).out,
          /1 packets received/,
        );
      }),
  },
  {
    name: 'exec joins the group and the namespaces',
    run: () =>
      during({ Cmd: ['sleep', '1000'], HostConfig: { CgroupnsMode: 'private' } }, async (id, pid) => {
        const { code, out } = await exec(
          id,
          'sh',
          '-c',
          'cut -d: -f3 /proc/self/cgroup | sort -u; cat /proc/1/cmdline | tr "\\0" " "; readlink /proc/self/ns/net; exit 3',
        );
        assert.equal(code, 3);
        assert.equal(
          out,
          `/\nsleep 1000 ${await import('node:fs').then((fs) => fs.readlinkSync(`/proc/${pid}/ns/net`))}\n`,
        );
      }),
  },
  {
    name: 'pause holds everything still, unpause lets it go on',
    run: () =>
      during({ Cmd: counting }, async (id, pid) => {
        const count = () => readFileSync(`/proc/${pid}/root/tmp/i`, 'utf8');
        await until('it counts', () => existsSync(`/proc/${pid}/root/tmp/i`) && Number(count()) > 1);
        await client.post(`/containers/${id}/pause`);
        assert.match(frozen(id), on(/^frozen 1$/m, /^FROZEN$/));
        assert.equal((await inspect(id)).State.Status, 'paused');
        const [held, ticks] = [count(), readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join()];
        await sh('true');
        assert.deepEqual(
          [count(), readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join()],
          [held, ticks],
        );
        await client.post(`/containers/${id}/unpause`);
        assert.match(frozen(id), on(/^frozen 0$/m, /^THAWED$/));
        await until('it counts on', () => count() !== held && count() !== '');
      }),
  },
  {
    name: 'one that is paused can be removed by force',
    run: () => during({ Cmd: counting }, async (id) => void (await client.post(`/containers/${id}/pause`))),
  },
  {
    name: "what outlives process 1 in the host's pid namespace is ended with the group",
    run: async () => {
      const id = await create({
        Cmd: ['sh', '-c', 'setsid sleep 1000 & setsid sleep 1000 & sleep 1000'],
        HostConfig: { PidMode: 'host' },
      });
      await client.post(`/containers/${id}/start`);
      const pids = await until('all three run', () => {
        const found = layout.read(id, group).split('\n');
        return found.length === 3 ? found : undefined;
      });
      await client.post(`/containers/${id}/kill`);
      await client.post(`/containers/${id}/wait`);
      assert.deepEqual(
        pids.filter(
          (pid) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
        ),
        [],
      );
      const wrote = (await journal(id)).some(
        (e) => e.type === 'call' && e.name === 'write_file' && String(e.args[0]).endsWith('/cgroup.kill'),
      );
      assert.equal(wrote, layout.version === 2);
      await remove(id);
    },
  },
  {
    name: 'groups that a container made below its own are removed with it',
    run: async () => {
      const { code, out } = await run({
        Cmd: ['sh', '-c', on('mkdir -p /sys/fs/cgroup/a/b', 'mkdir -p /sys/fs/cgroup/pids/a/b') + ' && echo made'],
        HostConfig: { Privileged: true },
      });
      assert.deepEqual([code, out], [0, 'made\n']);
    },
  },
  {
    name: 'stop sends the signal, then kills',
    run: () =>
      during(
        { Cmd: ['sh', '-c', 'trap "echo caught; exit 5" TERM; echo ready; while :; do sleep 1; done'] },
        async (id) => {
          await until('it is ready', async () => (await logs(id)).includes('ready'));
          await client.post(`/containers/${id}/stop`, { t: 60 });
          assert.deepEqual([(await inspect(id)).State.ExitCode, await logs(id)], [5, 'ready\ncaught\n']);
        },
      ),
  },
  {
    name: 'containers outlive a daemon that is killed, and the next one has them',
    run: () =>
      during({ Cmd: ['sleep', '1000'], HostConfig: { Memory: 2 ** 26 } }, async (id, pid) => {
        assert.ok(daemonPid());
        await endDaemon('SIGKILL');
        assert.ok(existsSync(`/proc/${pid}`));
        await startDaemon();
        const { State } = await inspect(id);
        assert.deepEqual([State.Status, State.Pid], ['running', pid]);
        assert.equal((await exec(id, 'echo', 'still here')).out, 'still here\n');
        await client.post(`/containers/${id}/kill`);
        assert.equal((await client.post<{ StatusCode: number }>(`/containers/${id}/wait`)).StatusCode, 137);
      }),
  },
];
