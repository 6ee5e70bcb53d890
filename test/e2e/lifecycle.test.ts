import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { alive, clients } from './daemon.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('the life of a container');
const d = () => s.daemon;
interface State {
  Status: string;
  Running: boolean;
  Paused: boolean;
  Pid: number;
  ExitCode: number;
  StartedAt: string;
  FinishedAt: string;
}
const inspect = async (name: string) => d().json<{ State: State; RestartCount: number }>(`/containers/${name}/json`);
const state = async (name: string) => (await inspect(name)).State;
const is = (name: string, status: string) =>
  until(`${name} is ${status}`, async () => (await state(name)).Status === status);

for (const client of clients) {
  const run = async (...args: string[]) => {
    const { code, out, err } = await d().client(client, args);
    assert.is(code, 0, `${client} ${args.join(' ')}: ${err}`);
    return out.trimEnd();
  };

  s.test(`${client}: create, start, stop, start again on the same rw layer, rm`, async () => {
    const id = await run(
      'create',
      '--name',
      'life',
      'ubuntu',
      'bash',
      '-c',
      'echo run >>/runs; cat /runs; trap "exit 3" TERM; while :; do sleep 0.05; done',
    );
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.is((await state('life')).Status, 'created');
    assert.is(await run('start', 'life'), 'life');
    await until('it runs', async () => (await d().docker('logs', 'life')).out === 'run\n');
    const first = await state('life');
    assert.ok(first.Running && alive(first.Pid));
    assert.is(await run('stop', 'life'), 'life');
    const stopped = await state('life');
    assert.equal([stopped.Status, stopped.ExitCode, stopped.Pid], ['exited', 3, 0]);
    assert.not(alive(first.Pid));
    await run('start', id.slice(0, 8));
    await until('it runs on what it wrote', async () => (await d().docker('logs', 'life')).out === 'run\nrun\nrun\n');
    await run('restart', '-t', '1', 'life');
    await until('and again', async () => (await d().docker('logs', '--tail', '3', 'life')).out === 'run\nrun\nrun\n');
    assert.match((await d().client(client, ['rm', 'life'])).err, /cannot remove|stop the container/i);
    await run('rm', '-f', 'life');
    assert.is((await d().api('GET', '/containers/life/json')).status, 404);
  });

  s.test(`${client}: kill sends the signal that is named, and wait prints the code`, async () => {
    await run(
      'run',
      '-d',
      '--name',
      'trapping',
      'ubuntu',
      'bash',
      '-c',
      'trap "echo usr1" USR1; trap "exit 9" HUP; echo ready; while :; do sleep 0.05; done',
    );
    await until('it is ready', async () => (await d().docker('logs', 'trapping')).out === 'ready\n');
    const waiting = d().begin(client, 'wait', 'trapping');
    await run('kill', '-s', 'USR1', 'trapping');
    await until('it got it', async () => (await d().docker('logs', 'trapping')).out === 'ready\nusr1\n');
    await run('kill', '--signal', 'SIGHUP', 'trapping');
    assert.is((await waiting.done).out, '9\n');
    const again = await d().client(client, ['kill', 'trapping']);
    assert.is(again.code, 1);
    assert.match(again.err, /is not running/);
    await run('rm', 'trapping');
  });

  s.test(`${client}: --stop-signal and --stop-timeout are what stop obeys`, async () => {
    await run(
      'run',
      '-d',
      '--name',
      'polite',
      '--stop-signal',
      'INT',
      'ubuntu',
      'bash',
      '-c',
      'trap "exit 12" INT; while :; do sleep 0.05; done',
    );
    await run(
      'run',
      '-d',
      '--name',
      'deaf',
      '--stop-timeout',
      '1',
      'ubuntu',
      'bash',
      '-c',
      'trap "" TERM; while :; do sleep 0.05; done',
    );
    await run('stop', 'polite', 'deaf');
    assert.equal([(await state('polite')).ExitCode, (await state('deaf')).ExitCode], [12, 137]);
    await run('rm', 'polite', 'deaf');
  });

  s.test(`${client}: pause stops the clock of every process, unpause lets it go on`, async () => {
    await run('run', '-d', '--name', 'ticking', 'ubuntu', 'bash', '-c', 'while :; do echo tick; sleep 0.02; done');
    await run('pause', 'ticking');
    const { Pid, Paused } = await state('ticking');
    assert.ok(Paused);
    const cpu = () => readFileSync(`/proc/${Pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ');
    const lines = (await d().docker('logs', 'ticking')).out.length;
    const before = cpu();
    assert.match(readFileSync(`/proc/${Pid}/cgroup`, 'utf8'), /freezer|0::/);
    assert.match((await d().client(client, ['exec', 'ticking', 'true'])).err, /paused/);
    assert.match((await d().client(client, ['ps'])).out, /\(Paused\)/);
    assert.is(cpu(), before);
    assert.is((await d().docker('logs', 'ticking')).out.length, lines);
    await run('unpause', 'ticking');
    await until('it ticks on', async () => (await d().docker('logs', 'ticking')).out.length > lines);
    await run('rm', '-f', 'ticking');
  });

  s.test(`${client}: logs, all of it, the tail, since, with times, and as it comes`, async () => {
    await run('run', '--name', 'said', 'ubuntu', 'sh', '-c', 'for i in 1 2 3; do echo out $i; done; echo err >&2');
    assert.equal(await d().client(client, ['logs', 'said']), {
      code: 0,
      signal: null,
      out: 'out 1\nout 2\nout 3\n',
      err: 'err\n',
    });
    assert.is((await d().client(client, ['logs', '-n', '2', 'said'])).out.split('\n').length, 2);
    assert.match((await d().client(client, ['logs', '-t', 'said'])).out, /^\d{4}-\d\d-\d\dT[\d:.]{10,}Z out 1\n/);
    assert.is((await d().client(client, ['logs', '--since', '2999-01-01T00:00:00Z', 'said'])).out, '');
    assert.is((await d().client(client, ['logs', '--until', '2000-01-01T00:00:00Z', 'said'])).out, '');
    await run('rm', 'said');
    await run(
      'run',
      '-d',
      '--name',
      'saying',
      'ubuntu',
      'bash',
      '-c',
      'trap "echo last; exit" TERM; echo first; while :; do sleep 0.05; done',
    );
    const following = d().begin(client, 'logs', '-f', 'saying');
    await until('the first line', () => following.ran.out === 'first\n');
    await run('stop', 'saying');
    assert.equal([(await following.done).code, following.ran.out], [0, 'first\nlast\n']);
    await run('rm', 'saying');
  });

  s.test(`${client}: attach sees what comes, hands on signals, and ends with the container's code`, async () => {
    await run(
      'run',
      '-d',
      '-i',
      '--name',
      'open',
      'ubuntu',
      'bash',
      '-c',
      'trap "exit 8" TERM; while read -r line; do echo "got $line"; done; while :; do sleep 0.05; done',
    );
    const attached = d().begin(client, 'attach', 'open');
    attached.input.write('one\n');
    await until('it answers', () => attached.ran.out === 'got one\n');
    attached.kill('SIGTERM');
    const { code } = await attached.done;
    assert.is(code, 8);
    await run('rm', 'open');
  });

  s.test(`${client}: top, stats, rename, ps and its filters`, async () => {
    const id = await run('run', '-d', '--name', 'seen', '--label', 'kind=test', '-m', '64m', 'ubuntu', 'sleep', '1234');
    assert.match(await run('top', 'seen'), /sleep 1234/);
    assert.match(await run('stats', '--no-stream', 'seen'), /seen .* \/ 64MiB/);
    await run('rename', 'seen', 'renamed');
    assert.is(await run('ps', '-q', '--no-trunc', '--filter', 'name=renamed'), id);
    assert.is(await run('ps', '-q', '--no-trunc', '--filter', 'label=kind=test', '--filter', 'status=running'), id);
    assert.is(await run('ps', '-q', '--filter', 'status=exited', '--filter', 'label=kind=test'), '');
    assert.is(await run('ps', '-q', '--no-trunc', '--filter', 'ancestor=ubuntu', '--filter', 'label=kind'), id);
    const bad = await d().client(client, ['ps', '--filter', 'nosuch=1']);
    assert.is.not(bad.code, 0);
    assert.match(bad.err, /nosuch/);
    await run('rm', '-f', 'renamed');
  });

  s.test(`${client}: restart policies bring back what ended by itself, and not what was stopped`, async () => {
    await run('run', '-d', '--name', 'failing', '--restart', 'on-failure:2', 'ubuntu', 'sh', '-c', 'echo try; exit 5');
    // The state is `exited` also between two tries, so wait for the last output first, then for the end.
    await until('it has tried three times', async () =>
      (await d().docker('logs', 'failing')).out.startsWith('try\ntry\ntry\n'),
    );
    await until(
      'it gave up',
      async () => (await state('failing')).Status === 'exited' && (await inspect('failing')).RestartCount === 2,
    );
    assert.is((await d().docker('logs', 'failing')).out, 'try\ntry\ntry\n');
    await run('run', '-d', '--name', 'always', '--restart', 'always', 'ubuntu', 'sleep', '1000');
    const { Pid } = await state('always');
    process.kill(Pid, 'SIGKILL');
    await until('it is back', async () => (await state('always')).Running && (await state('always')).Pid !== Pid);
    await run('stop', '-t', '0', 'always');
    await is('always', 'exited');
    assert.is((await inspect('always')).State.Running, false);
    await run('rm', 'failing', 'always');
  });
}

s.test('stop and rm -f of a container that is just starting do not wait for ever', async () => {
  for (let i = 0; i < 4; i++) {
    await d().ok('create', '--name', 'starting', 'ubuntu', 'sleep', '1000');
    const answers = [d().api('POST', '/containers/starting/start')];
    await until('it is under way', async () =>
      (await d().api('GET', '/drydock/containers/starting/journal')).body.includes('creating'),
    );
    answers.push(d().api('POST', '/containers/starting/stop?t=0'));
    const statuses: number[] = [];
    for (const answer of answers) void answer.then(({ status }) => statuses.push(status));
    await until('both are answered', () => statuses.length === 2);
    assert.equal(statuses, [204, 204]);
    await is('starting', 'exited');
    const again = d().api('POST', '/containers/starting/start');
    assert.is((await d().api('DELETE', '/containers/starting?force=1')).status, 204);
    await again;
    assert.is((await d().api('GET', '/containers/starting/json')).status, 404);
  }
});

s.test('events tell a run in the order that docker tells it', async () => {
  const since = String(Math.floor(Date.now() / 1000));
  await d()
    .ok('run', '--rm', '--name', 'told', 'ubuntu', 'sh', '-c', 'exit 4')
    .catch(() => undefined);
  await until('it is gone', async () => (await d().api('GET', '/containers/told/json')).status === 404);
  const { out } = await d().docker(
    'events',
    '--since',
    since,
    '--until',
    String(Math.ceil(Date.now() / 1000)),
    '--filter',
    'container=told',
    '--format',
    '{{.Action}}',
  );
  assert.equal(
    out
      .trim()
      .split('\n')
      .filter((action) => action !== 'attach'),
    ['create', 'start', 'die', 'destroy'],
  );
  const died = await d().docker(
    'events',
    '--since',
    since,
    '--until',
    String(Math.ceil(Date.now() / 1000)),
    '--filter',
    'container=told',
    '--filter',
    'event=die',
    '--format',
    '{{.Actor.Attributes.exitCode}} {{.Actor.Attributes.name}}',
  );
  assert.is(died.out, '4 told\n');
});

s.test('with --rm nothing of the container stays', async () => {
  for (const client of clients) await d().client(client, ['run', '--rm', '--name', 'short', 'ubuntu', 'true']);
  assert.is(await d().ok('ps', '-aq'), '');
});

s.test.run();
