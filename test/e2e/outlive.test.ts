/**
 * Fifty containers, and the daemon is killed: all continue, no log line is lost, and the next daemon knows the state of
 * each.
 */
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { Screen } from '../cli/screen.ts';
import { alive } from './daemon.ts';
import { type Running } from './ran.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('containers outlive the daemon', { images: ['tiny'], also: ['tmux'] });
const d = () => s.daemon;
interface State {
  Status: string;
  Running: boolean;
  Pid: number;
  ExitCode: number;
  OOMKilled: boolean;
}
const state = async (name: string) => (await d().json<{ State: State }>(`/containers/${name}/json`)).State;

const WRITERS = 6;
/** 12 MB each in lines of 1,000 bytes: several seconds at ten megabytes a second, around the daemon's death. */
const LINES = 12_000;
const kinds: Record<string, { count: number; request: object }> = {
  writer: {
    count: WRITERS,
    request: {
      Cmd: [
        'sh',
        '-c',
        `x=$(printf %980s); i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo "line $i$x"; done; exec sleep 1000`,
      ],
    },
  },
  shell: { count: 5, request: { Cmd: ['sh'], OpenStdin: true } },
  terminal: { count: 5, request: { Cmd: ['sh'], Tty: true, OpenStdin: true } },
  ender: { count: 8, request: { Cmd: ['sh', '-c', 'trap "exit 23" TERM; while :; do sleep 0.05; done'] } },
  eater: {
    count: 4,
    request: {
      Cmd: [
        'sh',
        '-c',
        'while ! read x </tmp/go; do sleep 0.05; done 2>/dev/null; x=$(printf %1000000s); while :; do x=$x$x; done',
      ],
      HostConfig: { Memory: 16 << 20, MemorySwap: 16 << 20 },
    },
  },
  sleeper: { count: 22, request: { Cmd: ['sleep', '1000'] } },
};
const names = Object.entries(kinds).flatMap(([kind, { count }]) =>
  Array.from({ length: count }, (_, j) => `${kind}${j}`),
);
const only = (kind: string) => names.filter((name) => name.startsWith(kind));
const pids = new Map<string, number>();
const attached: Running[] = [];

s.test('fifty containers run, some of them on terminals, some writing', async () => {
  assert.is(names.length, 50);
  await Promise.all(
    names.map(async (name) => {
      const { status, body } = await d().api('POST', `/containers/create?name=${name}`, {
        Image: 'tiny',
        ...kinds[name.replace(/\d+$/, '')]!.request,
      });
      assert.is(status, 201, body);
    }),
  );
  await Promise.all(
    names.map(async (name) => assert.is((await d().api('POST', `/containers/${name}/start`)).status, 204, name)),
  );
  for (const name of names) pids.set(name, (await state(name)).Pid);
  attached.push(
    ...only('shell')
      .slice(0, 3)
      .map((name) => d().begin('docker', 'attach', name)),
  );
});

s.test('kill -9 of the daemon ends none of them, and what ends meanwhile ends as it would have', async () => {
  await until('the writers are under way', async () =>
    (await d().docker('logs', '--tail', '1', 'writer0')).out.startsWith('line '),
  );
  await d().kill9();
  for (const name of names) assert.ok(alive(pids.get(name)!), name);
  await Promise.all(attached.map(({ done }) => done));
  for (const name of only('ender')) process.kill(pids.get(name)!, 'SIGTERM');
  for (const name of only('eater').slice(0, 2)) await go(name);
  await until('they have ended', () =>
    [...only('ender'), ...only('eater').slice(0, 2)].every((name) => !alive(pids.get(name)!)),
  );
});

/** Releases a container by a file in its /tmp, written through /proc from the host. */
async function go(name: string): Promise<void> {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`/proc/${pids.get(name)}/root/tmp/go`, 'go\n');
}

s.test('the next daemon adopts them: same processes, right exit codes, right OOM flags', async () => {
  const begun = Date.now();
  await d().start();
  console.log(`50 containers adopted ${Date.now() - begun} ms after the daemon was started`);
  for (const name of [...only('writer'), ...only('shell'), ...only('terminal'), ...only('sleeper')]) {
    const { Running, Pid } = await state(name);
    assert.equal([Running, Pid], [true, pids.get(name)], name);
  }
  for (const name of only('ender')) {
    const { Status, ExitCode, OOMKilled } = await until(`${name} is over`, async () =>
      [await state(name)].find(({ Status }) => Status === 'exited'),
    );
    assert.equal([Status, ExitCode, OOMKilled], ['exited', 23, false], name);
  }
  // Some containers ran out of memory while no daemon ran; the others do it now.
  for (const name of only('eater').slice(2)) await go(name);
  for (const name of only('eater')) {
    const { ExitCode, OOMKilled } = await until(`${name} is over`, async () =>
      [await state(name)].find(({ Status }) => Status === 'exited'),
    );
    assert.equal([ExitCode, OOMKilled], [137, true], name);
  }
});

s.test('every line of every writer is there, in its order', async () => {
  for (const name of only('writer')) {
    const last = await until(
      `${name} has written all`,
      async () => {
        const { out } = await d().docker('logs', '--tail', '1', name);
        return out.startsWith(`line ${LINES} `);
      },
      120,
    );
    assert.ok(last);
    const { out } = await d().docker('logs', name);
    const lines = out.replace(/\n$/, '').split('\n');
    assert.is(lines.length, LINES, name);
    const wrong = lines.findIndex((line, j) => !line.startsWith(`line ${j + 1} `));
    assert.is(wrong, -1, `${name}: line ${wrong + 1} is ${lines[wrong]?.slice(0, 20)}`);
  }
  console.log(`${WRITERS} writers, ${WRITERS * LINES} lines, none missing`);
});

s.test('attach, exec, stop and logs work on what was adopted', async () => {
  const shell = d().begin('docker', 'attach', 'shell0');
  shell.input.write('echo the pid is $$\n');
  await until('the shell answers', () => shell.ran.out.includes('the pid is 1\n'));
  shell.input.write('exit 5\n');
  await shell.done;
  const screen = new Screen(d().env, 90, 30);
  try {
    screen.command(`clear; ${d().commandLine('drydock')} attach terminal0; echo code $?`);
    await until('the terminal answers', async () => {
      screen.key('Enter');
      return /# *$/.test(screen.text().trimEnd());
    });
    screen.command('exit 6');
    await screen.see(/code 6/);
  } finally {
    screen.close();
  }
  for (const [name, code] of [
    ['shell0', 5],
    ['terminal0', 6],
  ] as const)
    assert.is(
      (await until('it is over', async () => [await state(name)].find(({ Status }) => Status === 'exited'))).ExitCode,
      code,
    );
  await Promise.all(
    only('sleeper').map(async (name) => {
      const { code, out, err } = await d().client('docker', ['exec', name, 'sh', '-c', 'echo $PPID; exit 7']);
      assert.equal([code, out], [7, '0\n'], err);
    }),
  );
  const stopped = only('sleeper').slice(0, 5);
  assert.is((await d().docker('stop', '-t', '0', ...stopped)).code, 0);
  for (const name of stopped) assert.equal([(await state(name)).ExitCode, alive(pids.get(name)!)], [137, false]);
  assert.match(readFileSync(`/proc/${pids.get('sleeper9')}/cgroup`, 'utf8'), d().name);
});

s.test('and all of them go', async () => {
  await Promise.all(
    names.map(async (name) => assert.is((await d().api('DELETE', `/containers/${name}?force=1`)).status, 204, name)),
  );
  assert.equal(
    names.filter((name) => alive(pids.get(name)!)),
    [],
  );
});

s.test.run();
