/**
 * Requests that arrive in the middle of a phase wait for its end or cancel it; none is refused because something is
 * under way.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { site } from './site.ts';
import { slowRegistry } from './slow-registry.ts';
import { until } from '../until.ts';

const s = await site('calls in the middle of a phase', { images: ['tiny'] });
const d = () => s.daemon;
interface Inspected {
  RestartCount: number;
  State: { Status: string; Running: boolean; Pid: number; ExitCode: number };
}
const inspect = (name: string) => d().json<Inspected>(`/containers/${name}/json`);
const post = (name: string, verb: string, body?: unknown) => d().api('POST', `/containers/${name}/${verb}`, body);
async function create(name: string, Cmd: string[], HostConfig: object = {}): Promise<void> {
  const { status, body } = await d().api('POST', `/containers/create?name=${name}`, { Image: 'tiny', Cmd, HostConfig });
  assert.is(status, 201, body);
}
async function run(name: string, Cmd: string[], HostConfig: object = {}): Promise<void> {
  await create(name, Cmd, HostConfig);
  assert.is((await post(name, 'start')).status, 204);
}
const gone = async (name: string) => void (await d().api('DELETE', `/containers/${name}?force=1`));
const always = { RestartPolicy: { Name: 'always' } };
const codes = (answers: { status: number }[]) => answers.map(({ status }) => status).sort((a, b) => a - b);

s.test('between two automatic restarts the state is restarting, without a gap', async () => {
  await run('loop', ['sh', '-c', 'exit 3'], always);
  const seen = new Set<string>();
  for (const end = Date.now() + 4000; Date.now() < end;) {
    const {
      State: { Status, Running },
    } = await inspect('loop');
    seen.add(`${Status}, ${Running ? 'Running' : 'not Running'}`);
  }
  await gone('loop');
  seen.delete('running, Running'); // seen for a few milliseconds between two runs
  assert.equal([...seen], ['restarting, Running']);
});

for (const [verb, ends] of [
  ['restart', false],
  ['start', false],
  ['kill', true],
  ['stop', true],
  ['kill?signal=TERM', true],
] as const) {
  s.test(
    `${verb} of one that restarts all the time succeeds whenever it comes${ends ? ', and it stays down' : ''}`,
    async () => {
      const wrong: string[] = [];
      for (let n = 0; n < 12; n++) {
        await run('busy', ['sh', '-c', 'exit 3'], always);
        await sleep(n * 23);
        const { status, body } = await post('busy', verb);
        if (status !== 204 && !(verb === 'start' && status === 304)) wrong.push(`${status} ${body}`);
        if (ends) {
          const { RestartCount } = await inspect('busy');
          await sleep(250);
          const {
            State: { Status },
            RestartCount: later,
          } = await inspect('busy');
          if (Status !== 'exited' || later !== RestartCount)
            wrong.push(`${Status}, restarted ${later - RestartCount} times more`);
        }
        await gone('busy');
      }
      assert.equal(wrong, []);
    },
  );
}

s.test('after kill the container can be removed or started at once', async () => {
  for (const next of ['remove', 'start'] as const) {
    for (let n = 0; n < 10; n++) {
      await run('dies', ['sleep', '1000']);
      assert.is((await post('dies', 'kill')).status, 204);
      const { status, body } =
        next === 'start' ? await post('dies', 'start') : await d().api('DELETE', '/containers/dies');
      assert.is(status, 204, `${next}: ${body}`);
      await gone('dies');
    }
  }
});

s.test('restart keeps a container with --rm, and its next end removes it', async () => {
  await run('once', ['sh', '-c', 'trap "exit 5" TERM; sleep 1000 & wait; wait'], { AutoRemove: true });
  const removal = post('once', 'wait?condition=removed');
  assert.is((await post('once', 'restart?t=5')).status, 204);
  await sleep(300);
  assert.is((await inspect('once')).State.Status, 'running');
  assert.is((await post('once', 'stop?t=5')).status, 204);
  assert.is((await removal).status, 200);
  assert.is((await d().api('GET', '/containers/once/json')).status, 404);
});

s.test(
  'who waits for the end of one that restarts is answered when it is stopped in between, and the log ends',
  async () => {
    await run('waited', ['sh', '-c', 'exit 3'], always);
    await until('a wait of a second', async () => {
      const { RestartCount, State } = await inspect('waited');
      return RestartCount >= 5 && State.Status === 'restarting';
    });
    const waiting = post('waited', 'wait');
    const following = d().cli('logs', '-f', 'waited');
    await sleep(100);
    assert.is((await post('waited', 'stop')).status, 204);
    assert.match((await waiting).body, /"StatusCode":3/);
    assert.is((await following).code, 0);
    assert.is((await inspect('waited')).State.Status, 'exited');
    await gone('waited');
  },
);

s.test('the count of restarts begins again when a client starts or restarts it', async () => {
  await run('counted', ['sh', '-c', 'echo run; exit 3'], {
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
  });
  const givenUp = () =>
    until('it gives up', async () => {
      const { RestartCount, State } = await inspect('counted');
      return RestartCount === 2 && State.Status === 'exited';
    });
  await givenUp();
  await post('counted', 'start');
  await givenUp();
  assert.is((await d().ok('logs', 'counted')).split('\n').length, 6);
  await gone('counted');
});

s.test('of calls at the same time each is answered as if they came one after the other', async () => {
  await create('many', ['sleep', '1000']);
  assert.equal(
    codes(await Promise.all([post('many', 'start'), post('many', 'start'), post('many', 'start')])),
    [204, 304, 304],
  );
  assert.equal(codes(await Promise.all([post('many', 'pause'), post('many', 'pause')])), [204, 409]);
  assert.equal(codes(await Promise.all([post('many', 'unpause'), post('many', 'unpause')])), [204, 500]);
  assert.equal(codes(await Promise.all([post('many', 'pause'), post('many', 'kill')])), [204, 204]);
  assert.is((await inspect('many')).State.Status, 'exited');
  assert.equal(
    codes(
      await Promise.all(
        [post('many', 'start'), post('many', 'exec', { Cmd: ['true'] }), post('many', 'top')].slice(0, 2),
      ),
    ),
    [201, 204],
  );
  // the second comes in the middle of the removal, or after it
  const [first, second] = codes(await Promise.all([1, 2].map(() => d().api('DELETE', '/containers/many?force=1'))));
  assert.ok(first === 204 && (second === 404 || second === 409), `${first} ${second}`);
});

s.test('in the middle of a pull some wait for the start, and kill cancels it', async () => {
  for (const verb of ['pause', 'kill'] as const) {
    const slow = await slowRegistry(s.registry.host);
    try {
      const made = await d().api('POST', `/containers/create?name=slow-${verb}&pull=missing`, {
        Image: `${slow.host}/library/tiny`,
        Cmd: ['sleep', '1000'],
      });
      assert.is(made.status, 201, made.body);
      const starting = post(`slow-${verb}`, 'start');
      await until('it pulls', slow.asked);
      let answered = false;
      const asked = post(`slow-${verb}`, verb).finally(() => (answered = true));
      if (verb === 'pause') {
        await sleep(200);
        assert.not(answered);
        slow.letGo();
        assert.is((await starting).status, 204);
      }
      assert.is((await asked).status, 204);
      if (verb === 'kill') assert.is((await starting).status, 409);
      assert.is((await inspect(`slow-${verb}`)).State.Status, verb === 'pause' ? 'paused' : 'created');
      await gone(`slow-${verb}`);
      await d().api('DELETE', `/images/${slow.host}/library/tiny?force=1`);
    } finally {
      await slow.close();
    }
  }
});

s.test('what the gate holds is not waited for: the answer names the step', async () => {
  await create('held', ['sleep', '1000']);
  const starting = d().api('POST', '/drydock/containers/held/start?break=create.cgroup');
  const early = post('held', 'pause');
  await until('it is held', async () => (await d().ok('trace', '--json', 'held')).includes('"at":"paused"'));
  const words = /container held is held before create\.cgroup; let it go on first: drydock gate held continue/;
  for (const answer of [
    await early,
    await post('held', 'exec', { Cmd: ['true'] }),
    await post('held', 'update', { CpuShares: 2 }),
  ]) {
    assert.is(answer.status, 409);
    assert.match(answer.body, words);
  }
  assert.is((await post('held', 'kill')).status, 204);
  assert.is((await starting).status, 409);
  await gone('held');
});

s.test(
  'an exec is of one run: it keeps its pid after its end, and one that was not started is gone with the run',
  async () => {
    await run('entered', ['sleep', '1000']);
    const exec = async (Cmd: string[]) =>
      (JSON.parse((await post('entered', 'exec', { Cmd })).body) as { Id: string }).Id;
    const start = (id: string) => d().api('POST', `/exec/${id}/start`, { Detach: true });
    const [ended, unstarted] = [await exec(['sh', '-c', 'exit 3']), await exec(['true'])];
    assert.is((await start(ended)).status, 200);
    const look = () => d().json<{ Running: boolean; ExitCode: number; Pid: number }>(`/exec/${ended}/json`);
    const { Running, ExitCode, Pid } = await until('it has ended', async () => {
      const now = await look();
      return now.ExitCode === null ? undefined : now;
    });
    assert.equal([Running, ExitCode, Pid > 0], [false, 3, true]);
    const again = await start(ended);
    assert.equal(
      [again.status, JSON.parse(again.body)],
      [409, { message: `Error: Exec command ${ended} has already run` }],
    );
    assert.is((await post('entered', 'restart?t=0')).status, 204);
    const late = await start(unstarted);
    assert.equal([late.status, JSON.parse(late.body)], [404, { message: `No such exec instance: ${unstarted}` }]);
    assert.is((await d().api('GET', `/exec/${unstarted}/json`)).status, 404);
    await gone('entered');
  },
);

s.test.run();
