import * as assert from 'uvu/assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../harness.ts';
import { drydock, type Ran } from './command.ts';
import { until } from '../until.ts';

const test = suite('cli autostart', 'root');
let dir: string;
let env: NodeJS.ProcessEnv;
test.before(() => {
  dir = mkdtempSync('/dev/shm/drydock-autostart-');
  const name = `ddcli${process.pid % 10_000}`;
  env = {
    ...process.env,
    DRYDOCK_ROOT: join(dir, 'root'),
    DRYDOCK_EXEC_ROOT: join(dir, 'run'),
    DRYDOCK_BRIDGE: name,
    DRYDOCK_CGROUP_PARENT: `/${name}`,
    DRYDOCK_IDLE: '1',
  };
  delete env['DRYDOCK_HOST'];
});
test.after(() => rmSync(dir, { recursive: true, force: true }));

function cli(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [drydock, ...args], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ran: Ran = { code: null, signal: null, out: '', err: '' };
    child.stdout.on('data', (data) => (ran.out += data));
    child.stderr.on('data', (data) => (ran.err += data));
    child.on('close', (code, signal) => resolve(Object.assign(ran, { code, signal })));
  });
}

test('a daemon that cannot start is told of with the end of its log, and run ends with 125', async () => {
  const { code, err } = await cli(['run', 'ubuntu'], { DRYDOCK_BIP: 'bogus' });
  assert.is(code, 125);
  assert.match(err, /^drydock: the daemon ended at once \(status 125\); the end of .*daemon\.log:\n/);
  assert.match(err, /invalid --bip "bogus"/);
});

test('version starts no daemon', async () => {
  const { code, out } = await cli(['version']);
  assert.is(code, 0);
  assert.match(out, /Server: none listens at .*drydock\.sock; the first command that needs one starts it/);
  assert.is(existsSync(join(dir, 'run/drydock.sock')), false);
});

test('the first commands start one daemon between them, which ends when it has nothing to do', async () => {
  const answers = await Promise.all([cli(['info', '--json']), cli(['info', '--json']), cli(['ps'])]);
  assert.equal(
    answers.map(({ code, err }) => [code, err]),
    [
      [0, ''],
      [0, ''],
      [0, ''],
    ],
  );
  const pids = answers.slice(0, 2).map(({ out }) => (JSON.parse(out) as { Drydock: { pid: number } }).Drydock.pid);
  assert.is(pids[0], pids[1]);
  await until(
    `the daemon ends: ${readFileSync(join(dir, 'run/daemon.log'), 'utf8')}`,
    () => !existsSync(`/proc/${pids[0]}`),
  );
});

test('shutdown ends it at once', async () => {
  const { out } = await cli(['info', '--json'], { DRYDOCK_IDLE: '60' });
  const { pid } = (JSON.parse(out) as { Drydock: { pid: number } }).Drydock;
  assert.is((await cli(['shutdown'])).code, 0);
  await until('the daemon ends', () => !existsSync(`/proc/${pid}`));
  assert.match((await cli(['shutdown'])).err, /^drydock: no daemon listens at /);
});

test.run();
