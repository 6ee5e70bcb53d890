import * as assert from 'uvu/assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../harness.ts';
import { drydock } from './command.ts';
import { Screen } from './screen.ts';

// The real daemon, a real image, a real terminal: the output that a user sees.
const test = suite('cli with the real daemon', 'root', 'tmux');
const name = `ddreal${process.pid % 10_000}`;
let dir: string;
let env: Record<string, string>;
test.before(() => {
  dir = mkdtempSync('/dev/shm/drydock-real-');
  env = {
    DRYDOCK_ROOT: join(dir, 'root'),
    DRYDOCK_EXEC_ROOT: join(dir, 'run'),
    DRYDOCK_BRIDGE: name,
    DRYDOCK_CGROUP_PARENT: `/${name}`,
    DRYDOCK_IDLE: '60',
  };
});
test.after(() => {
  const ids = cli('ps', '-aq').out.trim().split('\n').filter(Boolean);
  if (ids.length) cli('rm', '-f', ...ids);
  cli('shutdown');
  // The bridge, its rules and the parent cgroup stay on the machine after the daemon; the test removes them.
  spawnSync('ip', ['link', 'del', name]);
  spawnSync('nft', ['delete', 'table', 'ip', name]);
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    const path = join('/sys/fs/cgroup', hierarchy, name);
    if (existsSync(path)) rmdirSync(path);
  }
  rmSync(dir, { recursive: true, force: true });
});

function cli(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [drydock, ...args], {
    env: { ...process.env, ...env, DRYDOCK_HOST: '' },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}
const command = `${process.execPath} ${drydock}`;
async function onScreen(body: (screen: Screen) => Promise<void>): Promise<void> {
  const screen = new Screen({ ...env, DRYDOCK_HOST: '' }, 110, 60);
  try {
    await body(screen);
  } finally {
    screen.close();
  }
}

test('the first run starts a daemon, fetches the image and prints what the process prints', () => {
  const { code, out, err } = cli('run', '--rm', 'ubuntu', 'sh', '-c', 'echo $$; exit 7');
  assert.equal([code, out], [7, '1\n'], err);
  assert.match(err, /^Unable to find image 'ubuntu' locally\n/);
});

test('a shell on a terminal has the size of the window, and its exit code is ours', () =>
  onScreen(async (screen) => {
    screen.command(`clear; ${command} run -it --rm ubuntu /bin/bash; echo code $?`);
    await screen.see(/# *$/);
    screen.command('clear; stty size; echo pid $$; exit 5');
    assert.match(await screen.see(/code 5/), /60 110\s+pid 1\s+exit\s+code 5/);
  }));

test("before pivot_root the root is the host's, one step later it is the overlay", () =>
  onScreen(async (screen) => {
    screen.command(`clear; ${command} run --break init.pivot-root -it --name pivot ubuntu /bin/sh; echo code $?`);
    await screen.see(/▸ Exchange the root {2}init\.pivot-root[\s\S]*› *$/);
    screen.type('sn');
    assert.match(await screen.see(/root directory[\s\S]*› *$/), /root directory\s+the host's root/);
    screen.type('n');
    await screen.see(/▸ Unmount the old root[\s\S]*› *$/);
    screen.type('sn');
    await screen.see(/root directory\s+overlay[\s\S]*› *$/);
    screen.type('c');
    screen.command('exit 3');
    await screen.see(/code 3/);
  }));

test('trace shows the journal of it, inspect what came of it', () => {
  assert.match(
    cli('trace', 'pivot').out,
    /Exchange the root {2}init\.pivot-root\n[\s\S]*stage {2}pivot_root\("\.", "\."\) = 0 </,
  );
  assert.is((JSON.parse(cli('inspect', 'pivot').out) as { State: { ExitCode: number } }[])[0]!.State.ExitCode, 3);
});

test('compare tells in which steps two runs differ, and by its exit code whether', () => {
  for (const [name, ...flags] of [['plain'], ['twin'], ['small', '--memory', '64m']] as const)
    assert.is(cli('run', '--name', name, '--hostname', 'one', ...flags, 'ubuntu', 'true').code, 0);
  const same = cli('compare', 'plain', 'twin');
  assert.is(same.code, 0, same.out);
  assert.match(same.out, /^no difference in \d+ steps\n$/);
  const { code, out } = cli('compare', 'plain', 'small');
  assert.is(code, 1);
  assert.match(out, /^create\.limits\n(?: {2}\+ .*\n)* {2}\+ .*memory\.(?:limit_in_bytes|max)", "67108864"/m);
  assert.match(out, /\n1 of \d+ steps differ\n$/);
  const rows = cli('compare', '--json', 'plain', 'small').out.trim().split('\n');
  assert.ok(rows.length > 60, `only ${rows.length} steps`);
  assert.match(cli('compare', 'plain', 'nowhere').err, /No such container: nowhere/);
  cli('rm', 'plain', 'twin', 'small');
});

test('frame tells what was true after an event of the past', () => {
  const events = cli('trace', '--json', 'pivot')
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number; name?: string });
  const { code, out, err } = cli('frame', 'pivot', String(events.find((event) => event.name === 'pivot_root')!.seq));
  assert.is(code, 0, err);
  assert.match(out, /init\.pivot-root/);
});

test('abort undoes all that was done', () =>
  onScreen(async (screen) => {
    screen.command(`clear; ${command} run --step --name aborted ubuntu true; echo code $?`);
    for (const step of [
      'Resolve the reference',
      'Look in the store',
      'Merge image and flags',
      'Make the control group',
      'Write the limits',
    ]) {
      await screen.see(new RegExp(`▸ ${step}[\\s\\S]*› *$`));
      screen.type('n');
    }
    await screen.see(/▸ Decide which devices[\s\S]*› *$/);
    screen.type('a');
    assert.match(
      await screen.see(/code 125/),
      /↶ undone: Make the control group[\s\S]*drydock: aborted before create\.device-rules; everything was undone/,
    );
    assert.not.match(readFileSync('/proc/mounts', 'utf8'), new RegExp(`${dir}/.*(aborted|rootfs)`));
    assert.is(execFileSync('find', ['/sys/fs/cgroup', '-path', `*/${name}/*`, '-type', 'd'], { encoding: 'utf8' }), '');
  }));

test('the life of a container in the background', () => {
  const id = cli('run', '-d', '--name', 'life', 'ubuntu', 'sleep', '100').out.trim();
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.match(cli('ps').out, /sleep 100.*Up .*life/);
  for (let i = 0; i < 5; i++)
    assert.equal(cli('exec', 'life', 'sh', '-c', 'echo inside; exit 4'), { code: 4, out: 'inside\n', err: '' });
  assert.match(cli('top', 'life').out, /sleep 100/);
  assert.match(cli('stats', '--no-stream', 'life').out, new RegExp(`^CONTAINER ID.*\n${id.slice(0, 12)} +life +`));
  assert.match(cli('inspect', '--live', 'life').out, /namespaces\n {2}mnt /);
  for (const [verb, state] of [
    ['pause', 'Paused'],
    ['unpause', 'Up'],
    ['kill', 'Exited (137)'],
    ['start', 'Up'],
    ['restart', 'Up'],
  ] as const) {
    const { code, err } = cli(verb, ...(verb === 'restart' ? ['-t', '0'] : []), 'life');
    assert.is(code, 0, err);
    assert.ok(cli('ps', '-a', '--filter', 'name=life').out.includes(state), verb);
  }
  assert.is(cli('rm', '-f', 'life').out, 'life\n');
});

test.run();
