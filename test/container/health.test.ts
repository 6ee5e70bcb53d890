/** What is asked of a container's health, and what the results of its probes make of it. */
import * as assert from 'uvu/assert';
import {
  after,
  checkHealth,
  type Health,
  healthCheckOf,
  intervalOf,
  isHealth,
} from '../../runtime/container/health.ts';
import { mergeConfig } from '../../runtime/container/merge.ts';
import { goText } from '../../runtime/engine/health-probe.ts';
import type { ImageConfig } from '../../runtime/image/manifest/image.ts';
import { canonicalRequest, checkShape, fateOf } from '../../runtime/request/request-shape.ts';
import type { HealthConfig } from '../../runtime/request/container-request.ts';
import { suite } from '../harness.ts';

const test = suite('health checks');
const image = (Healthcheck: unknown) => ({ config: { Healthcheck } }) as ImageConfig;
const check = (own?: HealthConfig, of?: unknown, Shell?: string[]) =>
  healthCheckOf({ Image: 'x', ...(own && { Healthcheck: own }), ...(Shell && { Shell }) }, image(of));

test('times that are not given are those of dockerd', () => {
  assert.equal(check({ Test: ['CMD', 'true'] }), {
    command: ['true'],
    interval: 30_000,
    timeout: 30_000,
    startPeriod: 0,
    startInterval: 5_000,
    retries: 3,
  });
});

test('a command of one string is run by the shell, or by the one that the request names', () => {
  assert.equal(check({ Test: ['CMD-SHELL', 'a b'] })?.command, ['/bin/sh', '-c', 'a b']);
  assert.equal(check({ Test: ['CMD-SHELL', 'a b'] }, undefined, ['ash', '-ec'])?.command, ['ash', '-ec', 'a b']);
});

test("what the request leaves out is the image's", () => {
  const of = { Test: ['CMD', 'of-image'], Interval: 5e9, Retries: 7 };
  const { command, interval, retries, timeout } = check({ Timeout: 1e9, Interval: 2e9 }, of)!;
  assert.equal([command, interval, retries, timeout], [['of-image'], 2_000, 7, 1_000]);
  assert.equal(mergeConfig({ Image: 'x' }, image(of)).Healthcheck, of);
});

test('NONE, no command and what is no health check of an image ask for nothing', () => {
  const of = { Test: ['CMD', 'of-image'] };
  assert.is(check({ Test: ['NONE'] }, of), undefined);
  for (const none of [5, 'x', [1], { Test: ['NONE'] }, { Test: 'CMD true' }, { Test: ['CMD', 5] }, { Interval: 5e9 }])
    assert.is(check(undefined, none), undefined, JSON.stringify(none));
  assert.is(check({ Test: ['CMD'] }), undefined);
  assert.is(check({ Test: ['SURPRISE', 'x'] }), undefined);
});

test('a time below a millisecond and negative retries are refused in the words of dockerd', () => {
  const words = (health: HealthConfig) => {
    try {
      checkHealth(health);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  assert.is(words({ Interval: 999_999 }), 'Interval in Healthcheck cannot be less than 1ms');
  assert.is(words({ StartPeriod: -1 }), 'StartPeriod in Healthcheck cannot be less than 1ms');
  assert.is(words({ Retries: -1 }), 'Retries in Healthcheck cannot be negative');
  assert.is(words({ Interval: 0, Timeout: 1_000_000 }), undefined);
});

test('the fields are obeyed, and a wrong type is refused', () => {
  assert.is(fateOf('', 'Healthcheck'), 'obeyed');
  const own = { Test: ['CMD', 'true'] };
  assert.equal(canonicalRequest({ healthcheck: own }), { Healthcheck: own });
  const shape = (Healthcheck: object) => () => checkShape({ Image: 'x', HostConfig: {}, Healthcheck });
  assert.throws(shape({ Test: [5] }), /invalid Healthcheck.Test/);
  assert.throws(shape({ Interval: '5s' }), /invalid Healthcheck.Interval/);
});

const start: Health = { status: 'starting', failingStreak: 0, log: [] };
const result = (exitCode: number, at = 0) => ({ start: at, end: at + 1, exitCode, output: '' });

test('so many failures in a row make it unhealthy, and one success healthy', () => {
  const two = check({ Test: ['CMD', 'x'], Retries: 2 })!;
  const one = after(start, two, result(1), 0);
  assert.equal([one.status, one.failingStreak], ['starting', 1]);
  const both = after(one, two, result(-1), 0);
  assert.equal([both.status, both.failingStreak], ['unhealthy', 2]);
  const well = after(both, two, result(0), 0);
  assert.equal([well.status, well.failingStreak], ['healthy', 0]);
  assert.is(after(well, two, result(1), 0).status, 'healthy');
});

test('failures in the start period do not count, until one check has succeeded', () => {
  const slow = check({ Test: ['CMD', 'x'], Retries: 1, StartPeriod: 10e9 })!;
  assert.equal(after(start, slow, result(1, 9_999), 0).failingStreak, 0);
  assert.is(after(start, slow, result(1, 10_000), 0).status, 'unhealthy');
  const well = after(start, slow, result(0, 1), 0);
  assert.is(after(well, slow, result(1, 2), 0).status, 'unhealthy');
  assert.equal(
    [intervalOf(slow, start, 9_999), intervalOf(slow, start, 10_000), intervalOf(slow, well, 1)],
    [5_000, 30_000, 30_000],
  );
});

test('the last five results are kept', () => {
  const some = check({ Test: ['CMD', 'x'] })!;
  let health = start;
  for (let at = 0; at < 8; at++) health = after(health, some, result(at, at), 0);
  assert.equal(
    health.log.map(({ exitCode }) => exitCode),
    [3, 4, 5, 6, 7],
  );
  assert.ok(isHealth(health));
});

test('a damaged state of a record is not taken for one', () => {
  for (const wrong of [null, {}, { ...start, status: 'fine' }, { ...start, log: [null] }, { ...start, log: [{}] }])
    assert.not(isHealth(wrong), JSON.stringify(wrong));
});

test('times are written as Go writes them', () => {
  assert.equal([100, 1500, 30_000, 90_500, 3_600_000].map(goText), ['100ms', '1.5s', '30s', '1m30.5s', '1h0m0s']);
});

test.run();
