import * as assert from 'uvu/assert';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { pullMade } from './made-image.ts';
import { site } from './site.ts';
import { Follower } from './sweep/journal.ts';

const s = await site('a stage in the pid namespace of another container', { images: [] });
let image: string;
let watcher: { id: string; pid: number };
s.test.before(async () => {
  image = await pullMade(s.daemon, 'busy');
  const id = await s.daemon.ok('run', '-d', '--name', 'watcher', '--cap-add', 'SYS_PTRACE', image, 'sleep', '1000');
  watcher = { id, pid: (await s.daemon.json<{ State: { Pid: number } }>(`/containers/${id}/json`)).State.Pid };
});
s.test.after(async () => {
  await s.daemon.cli('rm', '-f', 'watcher');
});

interface Seen {
  step: string;
  capabilities: string;
  hostsTree: boolean;
}
const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
const capEff = (pid: string | number) =>
  /^CapEff:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
const pidNamespace = (pid: string | number) => readlinkSync(`/proc/${pid}/ns/pid`);

/** All stages in the watcher's pid namespace, and what a process with CAP_SYS_PTRACE could reach through them. */
function stagesSeen(step: string): Seen[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap(
    (pid) =>
      attempt((): Seen[] => {
        if (
          readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'drydock-stage' ||
          pidNamespace(pid) !== pidNamespace(watcher.pid)
        )
          return [];
        return [{ step, capabilities: capEff(pid), hostsTree: existsSync(`/proc/${pid}/root${s.daemon.root}`) }];
      }) ?? [],
  );
}

/** Steps through the operation that `begin` starts, and looks at each step. */
async function seenAtEachStep(id: string, begin: () => Promise<unknown>): Promise<{ steps: string[]; seen: Seen[] }> {
  const follower = new Follower(s.daemon, id);
  await follower.begun;
  const found = { steps: [] as string[], seen: [] as Seen[] };
  try {
    let since = follower.events.length;
    const done = begin().then(() => undefined);
    for (;;) {
      const paused = await Promise.race([
        follower.until((event) => event.type === 'gate' && event.at === 'paused', since),
        done,
      ]);
      if (!paused) return found;
      since = follower.events.indexOf(paused) + 1;
      found.steps.push(paused.step ?? '');
      found.seen.push(...stagesSeen(paused.step ?? ''));
      await s.daemon.api('POST', `/drydock/containers/${id}/gate`, { command: 'next' });
    }
  } finally {
    follower.close();
  }
}
/** With the rights of the later program and with the container's root. */
const asProgram = (step: string, capabilities: string): Seen => ({ step, capabilities, hostsTree: false });
const DEFAULT = '00000000a80425fb';

s.test("run --pid container: the stage is seen at its last step only, with the program's rights and root", async () => {
  const id = await s.daemon.ok('create', '--pid', 'container:watcher', image, 'sh', '-c', 'true');
  const { steps, seen } = await seenAtEachStep(id, () =>
    s.daemon.api('POST', `/drydock/containers/${id}/start?break=create`),
  );
  await s.daemon.ok('rm', '-f', id);
  assert.ok(steps.includes('init.execve') && steps.length > 20, steps.join());
  assert.equal(seen, [asProgram('init.execve', DEFAULT)]);
});

s.test('exec: neither is its', async () => {
  const at = { command: 'break', at: 'exec' };
  await s.daemon.api('POST', `/drydock/containers/${watcher.id}/gate`, at);
  try {
    const { steps, seen } = await seenAtEachStep(watcher.id, async () => {
      const { body } = await s.daemon.api('POST', `/containers/${watcher.id}/exec`, { Cmd: ['true'] });
      await s.daemon.api('POST', `/exec/${(JSON.parse(body) as { Id: string }).Id}/start`, { Detach: true });
    });
    assert.ok(steps.includes('exec.execve'), steps.join());
    assert.equal(seen, [asProgram('exec.execve', capEff(watcher.pid))]);
  } finally {
    await s.daemon.api('POST', `/drydock/containers/${watcher.id}/gate`, { ...at, command: 'clear' });
  }
});

s.test(
  'the container lives there: it sees the others in its own, masked /proc, and its number is one of theirs',
  async () => {
    const script =
      'cat /proc/1/comm; test $$ -gt 1 && echo born; readlink /proc/self >/dev/null && echo self; cat /proc/kcore; : >/proc/sys/kernel/core_pattern';
    const ran = await s.daemon.cli(
      'run',
      '--rm',
      '--pid',
      'container:watcher',
      '--sysctl',
      'net.ipv4.ip_forward=1',
      image,
      'sh',
      '-c',
      script,
    );
    assert.is(ran.out, 'sleep\nborn\nself\n', ran.err);
    assert.match(ran.err, /Read-only file system/);
  },
);

s.test('a terminal is its controlling terminal, and its session is its own; so are those of an exec', async () => {
  const script =
    'read -r pid comm state ppid pgrp session tty rest </proc/$$/stat; test $session = $$ && test $tty -gt 0 && tty && echo leads </dev/tty';
  for (const words of [
    ['run', '--rm', '-t', '--pid', 'container:watcher', image],
    ['exec', '-t', 'watcher'],
    ['exec', '-t', '-u', '1000', 'watcher'],
  ]) {
    const { out, err } = await s.daemon.cli(...words, 'sh', '-c', script);
    assert.match(out, /^\/dev\/pts\/\d+\r\nleads\r\n$/, `${words.join(' ')}: ${err}`);
  }
});

s.test('with a user namespace, a user and limits of its own it lives there too', async () => {
  const flags = [
    '--userns',
    'private',
    '-u',
    '1000:1000',
    '--ulimit',
    'nofile=64:64',
    '--oom-score-adj',
    '7',
    '--pid',
    'container:watcher',
  ];
  assert.is(
    (
      await s.daemon.cli(
        'run',
        '--rm',
        ...flags,
        image,
        'sh',
        '-c',
        'id -u; cat /proc/1/comm /proc/self/oom_score_adj; ulimit -n',
      )
    ).out,
    '1000\nsleep\n7\n64\n',
  );
});

s.test('exec where a profile refuses what the late birth needs', async () => {
  const profile = `${s.daemon.root}/profile.json`;
  writeFileSync(
    profile,
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['setsid', 'clone'], action: 'SCMP_ACT_ERRNO' }],
    }),
  );
  await s.daemon.ok('run', '-d', '--name', 'strict', '--security-opt', `seccomp=${profile}`, image, 'sleep', '1000');
  assert.is(await s.daemon.ok('exec', 'strict', 'cat', '/proc/1/comm'), 'sleep');
  await s.daemon.ok('rm', '-f', 'strict');
});

s.test.run();
