import * as assert from 'uvu/assert';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../harness.ts';
import { Served } from '../server/serve.ts';
import { begin, drydock, run } from './command.ts';
import { Screen } from './screen.ts';
import { until } from '../until.ts';

// The real server over containers that are plain processes, because the client is under test.
const test = suite('cli session');
let served: Served;
test.before(() => void (served = new Served()));
test.after(() => served.close());
const cli = (...args: string[]) => run(served.socket, args);

test('run prints both streams apart and ends with the exit code of the process', async () => {
  const { code, out, err } = await cli('run', '--rm', 'ubuntu', 'sh', '-c', 'echo out; echo err >&2; exit 7');
  assert.equal([code, out, err], [7, 'out\n', 'err\n']);
});

test('ten megabytes come through a pipe whole', async () => {
  const { code, out } = await cli('run', '--rm', 'ubuntu', 'sh', '-c', 'head -c 10485760 /dev/zero | tr "\\0" x');
  assert.equal([code, out.length], [0, 10485760]);
});

test('stdin goes in with -i, and its end ends the process', async () => {
  const input = 'line\n'.repeat(50_000);
  const { code, out } = await run(served.socket, ['run', '-i', '--rm', 'ubuntu', 'cat'], input);
  assert.is(code, 0);
  assert.is(out === input, true);
});

test('without -i the process has no stdin', async () => {
  const { out } = await run(served.socket, ['run', '--rm', 'ubuntu', 'cat'], 'unseen');
  assert.is(out, '');
});

test('a program that is not there is 127, one that may not be executed is 126', async () => {
  const missing = await cli('run', '--rm', 'ubuntu', '/nope');
  assert.is(missing.code, 127);
  assert.is(missing.err, 'drydock: exec: "/nope": stat /nope: no such file or directory: unknown\n');
  assert.is((await cli('run', '--rm', 'ubuntu', '/etc')).code, 126);
});

test('a name in use and an unknown image are 125', async () => {
  assert.is((await cli('create', '--name', 'taken', 'ubuntu')).code, 0);
  const twice = await cli('run', '--name', 'taken', 'ubuntu', 'true');
  assert.is(twice.code, 125);
  assert.match(twice.err, /^drydock: Conflict\. The container name "\/taken" is already in use/);
  const unknown = await cli('run', 'nope', 'true');
  assert.is(unknown.code, 125);
  assert.match(unknown.err, /manifest unknown/);
});

test('an image that is missing is pulled in plain lines off a terminal, and not with --pull never', async () => {
  const never = await cli('run', '--pull', 'never', 'busybox', 'true');
  assert.equal([never.code, never.err], [125, 'drydock: No such image: busybox:latest\n']);
  const { code, err, out } = await cli('run', '--rm', 'busybox', 'echo', 'hello');
  assert.equal([code, out], [0, 'hello\n']);
  assert.match(err, /^Unable to find image 'busybox' locally\n/);
  assert.match(err, /f459d57b0a26: Pull complete\n/);
  assert.not.match(err, /Downloading|\u001b/);
});

test('run -d prints the id, wait prints the exit code, logs has the output, rm removes', async () => {
  const { out } = await cli('run', '-d', '--name', 'background', 'ubuntu', 'sh', '-c', 'echo here; exit 3');
  assert.match(out, /^[0-9a-f]{64}\n$/);
  assert.is((await cli('wait', 'background')).out, '3\n');
  assert.is((await cli('logs', 'background')).out, 'here\n');
  assert.match((await cli('logs', '--timestamps', 'background')).out, /^\d{4}-\d\d-\d\dT[\d:.]+Z here\n$/);
  assert.match(
    (await cli('ps', '-a')).out,
    /^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n[\s\S]*Exited \(3\)[\s\S]*background/m,
  );
  assert.is((await cli('ps', '-aq', '--filter', 'name=background')).out, `${out.slice(0, 12)}\n`);
  assert.is(
    JSON.parse((await cli('ps', '-a', '--filter', 'name=background', '--format', 'json')).out).Names,
    'background',
  );
  assert.is((await cli('rm', 'background')).out, 'background\n');
  const gone = await cli('logs', 'background');
  assert.equal([gone.code, gone.err], [1, 'drydock: No such container: background\n']);
});

test('the cidfile holds the id, is not overwritten, and goes when nothing was created', async () => {
  const file = join(served.dir, 'cid');
  const { out } = await cli('create', '--cidfile', file, 'ubuntu');
  assert.is(readFileSync(file, 'utf8'), out.trim());
  assert.match((await cli('create', '--cidfile', file, 'ubuntu')).err, /container ID file found/);
  rmSync(file);
  await cli('create', '--cidfile', file, '--pull', 'never', 'nope');
  assert.is(existsSync(file), false);
});

test('signals that the client gets are handed on', async () => {
  const running = begin(served.socket, [
    'run',
    '--rm',
    'ubuntu',
    'sh',
    '-c',
    'trap "echo got it; exit 9" USR1; echo up; while :; do sleep 0.05; done',
  ]);
  await until('the program is up', () => running.ran.out.includes('up'));
  running.kill('SIGUSR1');
  assert.equal([(await running.done).code, running.ran.out], [9, 'up\ngot it\n']);
});

test('start -a shows the output of the second run, stop ends one, exec runs beside', async () => {
  await cli('create', '--name', 'again', 'ubuntu', 'sleep', '60');
  assert.is((await cli('start', 'again')).out, 'again\n');
  const exec = await run(served.socket, ['exec', '-i', 'again', 'sh', '-c', 'cat; exit 4'], 'through');
  assert.equal([exec.code, exec.out], [4, 'through']);
  assert.is((await cli('exec', 'again', '/nope')).code, 127);
  assert.is((await cli('stop', '-t', '1', 'again')).out, 'again\n');
  assert.is((await cli('exec', 'again', 'true')).code, 1);
});

test('a reader that has enough ends the client quietly', async () => {
  const line = `${process.execPath} ${drydock} run --rm ubuntu sh -c 'yes | head -c 400000' | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { out, err } = await served.run('bash', ['-c', `export DRYDOCK_HOST=unix://${served.socket}; ${line}`]);
  assert.equal([out, err], ['y\n141\n', '']);
});

test('-it without a terminal is refused', async () => {
  const { code, err } = await cli('run', '-it', 'ubuntu', 'true');
  assert.equal([code, err], [1, 'drydock: the input device is not a TTY\n']);
});

test(['tmux'], 'a terminal session is raw, follows the window, and leaves the terminal as it was', async () => {
  const screen = new Screen({ DRYDOCK_HOST: `unix://${served.socket}` });
  try {
    screen.command(`stty -g > ${served.dir}/before`);
    screen.command(`${process.execPath} ${drydock} run -it --rm --name tty ubuntu cat; echo code $?`);
    await until('tty runs', () =>
      served.engine.containers().some((c) => c.container.name === 'tty' && c.process.running),
    );
    const { process: inner } = served.engine.container('tty');
    screen.command('hello');
    await screen.see(/hello\s+hello/);
    screen.resize(70, 33);
    await until('the size has come', () => inner.sizes.some(([h, w]) => h === 33 && w === 70));
    screen.key('C-d');
    await screen.see(/code 0/);
    screen.command(`clear; stty -g | diff - ${served.dir}/before && echo as it was; echo compared`);
    assert.match(await screen.see(/^compared/m), /^as it was$/m);
  } finally {
    screen.close();
  }
});

test(['tmux'], 'the detach keys leave the container running and the terminal as it was', async () => {
  const screen = new Screen({ DRYDOCK_HOST: `unix://${served.socket}` });
  try {
    screen.command(
      `${process.execPath} ${drydock} run -it --detach-keys ctrl-a,x --name left ubuntu cat; echo code $?`,
    );
    await until('left runs', () =>
      served.engine.containers().some((c) => c.container.name === 'left' && c.process.running),
    );
    await screen.raw();
    screen.type('typed');
    await screen.see(/typed/);
    screen.key('C-a');
    screen.type('x');
    await screen.see(/read escape sequence\s+code 0/);
    assert.is(served.engine.container('left').process.running, true);
    screen.command('clear; stty -a | grep -ow -e "-*icanon" -e "-*echo" -e "-*opost"');
    await screen.see(/^opost\s+icanon\s+echo$/m);
    screen.command(`${process.execPath} ${drydock} attach left; echo code $?`);
    await screen.raw();
    screen.key('Enter', 'C-p', 'C-q');
    await screen.see(/read escape sequence\s+code 0/);
  } finally {
    screen.close();
    await cli('rm', '-f', 'left');
  }
});

test(['tmux'], 'a terminal is given back when the client is killed by a signal', async () => {
  const screen = new Screen({ DRYDOCK_HOST: `unix://${served.socket}` });
  try {
    screen.command(
      `sh -c 'echo $$ > ${served.dir}/pid; exec ${process.execPath} ${drydock} run -it --name killed ubuntu cat'; echo code $?`,
    );
    await until('killed runs', () =>
      served.engine.containers().some((c) => c.container.name === 'killed' && c.process.running),
    );
    screen.command('up');
    await screen.see(/up\s+up/);
    process.kill(Number(readFileSync(join(served.dir, 'pid'), 'utf8')), 'SIGTERM');
    assert.match(await screen.see(/code \d+/), /code 143/);
    screen.command('clear; stty -a | grep -ow -e "-*icanon"');
    assert.match(await screen.see(/^-*icanon$/m), /^icanon$/m);
  } finally {
    screen.close();
    await cli('rm', '-f', 'killed');
  }
});

test.run();
