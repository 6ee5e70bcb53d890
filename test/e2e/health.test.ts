/** Health checks with docker's client: the answers are those of dockerd 26.1.5. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('health checks');
const d = () => s.daemon;

interface Health {
  Status: string;
  FailingStreak: number;
  Log: { Start: string; End: string; ExitCode: number; Output: string }[];
}
interface Inspected {
  Id: string;
  State: { Health?: Health; Status: string };
  Config: { Healthcheck?: object };
  ExecIDs: string[] | null;
}
const inspect = (name: string) => d().json<Inspected>(`/containers/${name}/json`);
const healthOf = async (name: string) => (await inspect(name)).State.Health!;
const becomes = (name: string, status: string) =>
  until(`${name} is ${status}`, async () => (await healthOf(name)).Status === status);
const runs = (name: string, check: string, ...more: string[]) =>
  d().dockerOk('run', '-d', '--name', name, '--health-cmd', check, '--health-interval', '100ms', ...more);
const FOREVER = ['ubuntu', 'sleep', '100000'] as const;
const remove = (name: string) => d().dockerOk('rm', '-f', name);
/** pids of the processes with this word in their command line */
const withWord = (word: string): number[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        return false;
      }
    });

s.test('a check that succeeds makes it healthy: inspect, ps, its filter and the events say so', async () => {
  const since = Math.floor(Date.now() / 1000);
  await runs('well', 'echo fine; echo odd >&2', ...FOREVER);
  assert.equal((await inspect('well')).Config.Healthcheck, {
    Test: ['CMD-SHELL', 'echo fine; echo odd >&2'],
    Interval: 100_000_000,
  });
  await becomes('well', 'healthy');
  const { FailingStreak, Log } = await healthOf('well');
  assert.is(FailingStreak, 0);
  assert.equal(Object.keys(Log[0]!), ['Start', 'End', 'ExitCode', 'Output']);
  assert.is(Log[0]!.ExitCode, 0);
  assert.equal(Log[0]!.Output.trim().split('\n').sort(), ['fine', 'odd']);
  assert.ok(Date.parse(Log[0]!.Start) <= Date.parse(Log[0]!.End));
  const ps = (...filter: string[]) => d().dockerOk('ps', '--format', '{{.Names}} {{.Status}}', ...filter);
  assert.match(await ps('--filter', 'health=healthy'), /^well Up .* \(healthy\)$/);
  assert.is(await ps('--filter', 'health=none'), '');
  assert.match(await d().dockerRefused('ps', '--filter', 'health=odd'), 'unrecognised filter value for health: odd');
  const told = await d().dockerOk(
    'events',
    ...['--since', String(since), '--until', String(Math.ceil(Date.now() / 1000)), '--filter', 'container=well'],
    ...['--format', '{{.Action}}'],
  );
  const actions = told.split('\n');
  const first = actions.indexOf('exec_create: /bin/sh -c echo fine; echo odd >&2');
  assert.equal(actions.slice(first, first + 4), [
    'exec_create: /bin/sh -c echo fine; echo odd >&2',
    'exec_start: /bin/sh -c echo fine; echo odd >&2',
    'exec_die',
    'health_status: healthy',
  ]);
  assert.is(actions.filter((action) => action.startsWith('health_status')).length, 1, 'told once');
  await remove('well');
});

s.test('so many failures in a row make it unhealthy, and one success healthy again', async () => {
  await runs('ill', 'test -e /well || { echo no; exit 7; }', '--health-retries', '2', ...FOREVER);
  await becomes('ill', 'unhealthy');
  const { FailingStreak, Log } = await healthOf('ill');
  assert.ok(FailingStreak >= 2);
  assert.equal([Log.at(-1)!.ExitCode, Log.at(-1)!.Output], [7, 'no\n']);
  assert.match(await d().dockerOk('ps', '--format', '{{.Status}}', '--filter', 'name=ill'), /\(unhealthy\)$/);
  await d().dockerOk('exec', 'ill', 'touch', '/well');
  await becomes('ill', 'healthy');
  await until('five results', async () => (await healthOf('ill')).Log.length === 5);
  await remove('ill');
});

s.test('in the start period failures do not count, and the checks come more often', async () => {
  await d().dockerOk(
    ...['run', '-d', '--name', 'slow', '--health-cmd', 'test -e /well', '--health-interval', '1h'],
    ...['--health-start-period', '1h', '--health-start-interval', '100ms', '--health-retries', '1', ...FOREVER],
  );
  await until('it was probed', async () => (await healthOf('slow')).Log.length >= 2);
  assert.equal([(await healthOf('slow')).Status, (await healthOf('slow')).FailingStreak], ['starting', 0]);
  assert.match(await d().dockerOk('ps', '--format', '{{.Status}}', '--filter', 'name=slow'), /\(health: starting\)$/);
  await d().dockerOk('exec', 'slow', 'touch', '/well');
  await becomes('slow', 'healthy');
  await remove('slow');
});

s.test('a check that hangs is killed with all that it started', async () => {
  const word = `1000${process.pid}`;
  const hangs = `echo before; setsid sleep ${word} & (sleep ${word} &) ; sleep ${word}`;
  await runs('hangs', hangs, '--health-timeout', '300ms', '--health-retries', '1', ...FOREVER);
  await until('three of them run', () => withWord(word).length >= 3);
  await becomes('hangs', 'unhealthy');
  const { Log } = await healthOf('hangs');
  assert.equal([Log[0]!.ExitCode, Log[0]!.Output], [-1, 'Health check exceeded timeout (300ms): before\n']);
  await d().dockerOk('pause', 'hangs');
  assert.equal(withWord(word), [], 'also the one that the pause ended');
  await d().dockerOk('unpause', 'hangs');
  await remove('hangs');
});

s.test('a child of a check that writes for ever does not make it unhealthy', async () => {
  await runs('leaves', 'echo mine; while echo child; do :; done & exit 0', '--health-timeout', '20s', ...FOREVER);
  await becomes('leaves', 'healthy');
  const { ExitCode, Output } = (await healthOf('leaves')).Log[0]!;
  assert.is(ExitCode, 0);
  assert.match(Output, /^mine\n/);
  await remove('leaves');
});

s.test('the output has a limit', async () => {
  await runs('loud', 'yes | head -c 100000', ...FOREVER);
  await becomes('loud', 'healthy');
  const { Output } = (await healthOf('loud')).Log[0]!;
  assert.equal([Output.length, Output.slice(-5)], [4096 + 3, 'y\n...'.padStart(5, '\n')].slice(0, 2));
  await remove('loud');
});

s.test('while it is paused there are no probes, at whatever moment the pause came', async () => {
  await runs('pauses', 'true', '--health-interval', '5ms', ...FOREVER);
  await becomes('pauses', 'healthy');
  for (let time = 0; time < 12; time++) {
    await d().dockerOk('pause', 'pauses');
    const { Log } = await healthOf('pauses');
    assert.is((await inspect('pauses')).ExecIDs, null);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await healthOf('pauses')).Log, Log);
    assert.equal([(await inspect('pauses')).State.Status, (await healthOf('pauses')).Status], ['paused', 'unhealthy']);
    await d().dockerOk('unpause', 'pauses');
    await becomes('pauses', 'healthy');
  }
  await remove('pauses');
});

s.test('--no-healthcheck and NONE leave no state', async () => {
  await d().dockerOk('run', '-d', '--name', 'none', '--no-healthcheck', ...FOREVER);
  const { State, Config } = await inspect('none');
  assert.equal([State.Health, Config.Healthcheck], [undefined, { Test: ['NONE'] }]);
  assert.is(await d().dockerOk('ps', '--format', '{{.Names}}', '--filter', 'health=none'), 'none');
  await remove('none');
});

s.test("an image's check is run, and the request changes a part of it", async () => {
  await d().dockerOk('create', '--name', 'seed', 'ubuntu');
  await d().dockerOk('commit', '-c', 'HEALTHCHECK --interval=1h --retries=9 CMD echo of-image', 'seed', 'checked');
  await d().dockerOk('run', '-d', '--name', 'partly', '--health-interval', '100ms', 'checked', 'sleep', '1000');
  await becomes('partly', 'healthy');
  assert.is((await healthOf('partly')).Log[0]!.Output, 'of-image\n');
  assert.equal((await inspect('partly')).Config.Healthcheck, {
    Test: ['CMD-SHELL', 'echo of-image'],
    Interval: 100_000_000,
    Retries: 9,
  });
  await remove('partly');
  await remove('seed');
});

s.test('a check of a program that is not there fails, and says why', async () => {
  const body = { Image: 'ubuntu', Cmd: ['sleep', '1000'], Healthcheck: { Test: ['CMD', '/nope'], Interval: 1e8 } };
  assert.is((await d().api('POST', '/containers/create?name=nope', body)).status, 201);
  await d().dockerOk('start', 'nope');
  await until('it was probed', async () => (await healthOf('nope')).Log.length > 0);
  const { ExitCode, Output } = (await healthOf('nope')).Log[0]!;
  assert.is(ExitCode, -1);
  assert.match(Output, /"\/nope": .*no such file or directory/);
  await remove('nope');
});

s.test('wrong times are refused in the words of dockerd', async () => {
  const { status, body } = await d().api('POST', '/containers/create', {
    Image: 'ubuntu',
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5 },
  });
  assert.equal([status, JSON.parse(body)], [400, { message: 'Interval in Healthcheck cannot be less than 1ms' }]);
});

s.test('after its end nothing is probed, and the next run begins anew', async () => {
  await runs('ends', 'true', ...FOREVER);
  await becomes('ends', 'healthy');
  await d().dockerOk('stop', '-t', '0', 'ends');
  const { Log } = await healthOf('ends');
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal([(await healthOf('ends')).Log, (await healthOf('ends')).Status], [Log, 'unhealthy']);
  assert.not.match(await d().dockerOk('ps', '-a', '--format', '{{.Status}}', '--filter', 'name=ends'), /health/);
  await d().dockerOk('start', 'ends');
  await becomes('ends', 'healthy');
  await remove('ends');
});

s.test('the last probes are operations that can be looked at, and their journal is bounded', async () => {
  await runs('many', 'true', '--health-interval', '5ms', ...FOREVER);
  await becomes('many', 'healthy');
  const { Id } = await inspect('many');
  const file = join(d().root, 'containers', Id, 'health.ndjson');
  let trimmed = 0;
  let before = 0;
  await until('it was trimmed', () => {
    const size = existsSync(file) ? statSync(file).size : 0;
    assert.ok(size < 512 << 10, `${size} bytes`);
    if (size < before) trimmed++;
    before = size;
    return trimmed > 0;
  });
  await d().dockerOk('pause', 'many'); // or they would be replaced while they are looked at
  type Listed = { id: string; kind: string; subject: { id: string } }[];
  const operations = await d().json<Listed>('/drydock/operations');
  const own = operations.filter(({ kind, subject }) => kind === 'exec' && subject.id === Id);
  assert.ok(own.length === 5, `${own.length} operations`);
  assert.match(await d().ok('trace', own[1]!.id), /execve/);
  assert.not.match(await d().ok('trace', 'many'), /exec\.execve/);
  await remove('many');
  assert.not(existsSync(file));
});

for (const end of ['stop', 'kill9'] as const)
  s.test(`the state survives a daemon's end by ${end}, and the probes go on`, async () => {
    await runs('stays', 'true', ...FOREVER);
    await runs('hung', `sleep 2000${process.pid}`, ...FOREVER);
    await becomes('stays', 'healthy');
    const hung = await until('the other one hangs', () => withWord(`2000${process.pid}`)[0]);
    await d()[end]();
    await d().start();
    assert.is((await healthOf('stays')).Status, 'healthy');
    assert.not(withWord(`2000${process.pid}`).includes(hung), 'the next daemon ends what hangs');
    const { Log } = await healthOf('stays');
    await until('a new probe', async () => (await healthOf('stays')).Log.at(-1)?.Start !== Log.at(-1)?.Start);
    await remove('stays');
    await remove('hung');
  });

s.test.run();
