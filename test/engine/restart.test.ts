import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import { Restarts } from '../../runtime/engine/restart.ts';
import { suite } from '../harness.ts';

const test = suite('restart policies');
type Restarted = Parameters<Restarts['afterExit']>[0];
interface Wanted {
  policy?: string;
  most?: number;
  exitCode?: number;
  stopped?: boolean;
  canceled?: boolean;
  restartCount?: number;
  lastedMs?: number;
}

interface One {
  supervisor: Restarted;
  starts: string[];
}
function exited(wanted: Wanted = {}): One {
  const {
    policy = 'always',
    most = 0,
    exitCode = 1,
    stopped = false,
    canceled = false,
    restartCount = 0,
    lastedMs = 10,
  } = wanted;
  const starts: string[] = [];
  const supervisor = {
    container: { id: 'a', request: { HostConfig: { RestartPolicy: { Name: policy, MaximumRetryCount: most } } } },
    record: { exitCode, stopped, restartCount, startedAt: 1000, finishedAt: 1000 + lastedMs },
    restarting: false,
    restartCanceled: canceled,
    underWay: false,
    machine: 'exited',
    begin: async () => void (starts.push('start'), (supervisor.restarting = false)),
  } as unknown as Restarted;
  return { supervisor, starts };
}
/** Runs `body` with a fake clock. */
function withClock(body: (tick: (ms: number) => void) => void): void {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    body((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
}

for (const [name, wanted, again] of [
  ['no policy', { policy: 'no' }, false],
  ['an empty one', { policy: '' }, false],
  ['always', {}, true],
  ['always, after exit code 0', { exitCode: 0 }, true],
  ['always, when a client ended it', { canceled: true }, false],
  ['always, when a client sent it a signal that is not its stop signal', { stopped: true }, true],
  ['unless-stopped', { policy: 'unless-stopped' }, true],
  ['unless-stopped, when a client sent it a signal', { policy: 'unless-stopped', stopped: true }, false],
  ['on-failure', { policy: 'on-failure' }, true],
  ['on-failure, after exit code 0', { policy: 'on-failure', exitCode: 0 }, false],
  ['on-failure, when a client ended it', { policy: 'on-failure', canceled: true }, false],
  ['on-failure:2, the second time', { policy: 'on-failure', most: 2, restartCount: 1 }, true],
  ['on-failure:2, the third time', { policy: 'on-failure', most: 2, restartCount: 2 }, false],
] as [string, Wanted, boolean][]) {
  test(`${name}: it is ${again ? '' : 'not '}started again`, () =>
    withClock((tick) => {
      const one = exited(wanted);
      new Restarts().afterExit(one.supervisor);
      assert.is(one.supervisor.restarting, again);
      tick(100);
      assert.equal([one.starts.length, one.supervisor.restarting], [again ? 1 : 0, false]);
      if (again) assert.is(one.supervisor.record.restartCount, (wanted.restartCount ?? 0) + 1);
    }));
}

test('each wait is twice the one before, up to a minute', () =>
  withClock((tick) => {
    const restarts = new Restarts();
    const one = exited();
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      const before = one.starts.length;
      restarts.afterExit(one.supervisor);
      let waited = 0;
      while (one.starts.length === before) {
        tick(100);
        waited += 100;
      }
      waits.push(waited);
    }
    assert.equal(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
  }));

test('whoever ran ten seconds begins again with a short wait', () =>
  withClock((tick) => {
    const restarts = new Restarts();
    const one = exited();
    restarts.afterExit(one.supervisor);
    tick(100);
    Object.assign(one.supervisor.record, { finishedAt: one.supervisor.record.startedAt + 10_000 });
    restarts.afterExit(one.supervisor);
    tick(100);
    assert.is(one.starts.length, 2);
  }));

test('what is stopped, started or removed during the wait is not started by it', () =>
  withClock((tick) => {
    for (const change of [{ restarting: false }, { underWay: true }, 'removed'] as const) {
      const one = exited();
      const restarts = new Restarts();
      restarts.afterExit(one.supervisor);
      if (change === 'removed') restarts.forget('a');
      else Object.assign(one.supervisor, change);
      tick(100);
      assert.is(one.starts.length, 0);
    }
  }));

test('a wait that was canceled does not end the wait of a later run early', () =>
  withClock((tick) => {
    const one = exited();
    const restarts = new Restarts();
    restarts.afterExit(one.supervisor);
    one.supervisor.restarting = false;
    tick(90);
    restarts.afterExit(one.supervisor);
    tick(20);
    assert.is(one.starts.length, 0);
    tick(200);
    assert.is(one.starts.length, 1);
  }));

test('a daemon that ends starts nobody any more', () =>
  withClock((tick) => {
    const restarts = new Restarts();
    const one = exited();
    restarts.afterExit(one.supervisor);
    restarts.close();
    tick(100_000);
    assert.is(one.starts.length, 0);
  }));

test('a start that fails is no failure of the daemon', async () => {
  const one = exited();
  Object.assign(one.supervisor, {
    begin: async () => {
      one.starts.push('start');
      throw new Error('no image');
    },
  });
  withClock((tick) => {
    new Restarts().afterExit(one.supervisor);
    tick(100);
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(one.starts.length, 1);
});

for (const [policy, stopped, exitCode, again] of [
  ['no', false, 1, false],
  ['always', false, 0, true],
  ['always', true, 0, true],
  ['unless-stopped', false, 0, true],
  ['unless-stopped', true, 0, false],
  ['on-failure', false, 1, true],
  ['on-failure', true, 1, false],
  ['on-failure', false, 0, false],
] as const) {
  test(`a daemon that comes up ${again ? 'starts' : 'leaves'} what has ${policy}${stopped ? ' and was stopped' : ''}, exit code ${exitCode}`, () => {
    assert.is(new Restarts().afterBoot(exited({ policy, stopped, exitCode }).supervisor), again);
  });
}

test.run();
