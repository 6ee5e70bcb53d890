/** Small pure functions: times and sizes as text, queries, progress bars, shapes. */
import * as assert from 'uvu/assert';
import { progressLine, throttle } from '../../server/docker/images/progress.ts';
import { Query } from '../../server/docker/http/query.ts';
import { checkExec } from '../../server/docker/http/shape.ts';
import { size, span, rfc3339 } from '../../server/docker/http/humanize.ts';
import { authFrom } from '../../server/docker/images/registry-auth.ts';
import { hasLabels, readFilters, untilTime } from '../../server/docker/http/filters.ts';
import { suite } from '../harness.ts';

const test = suite('words, queries and shapes of the Engine API');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const spans: [number, string][] = [
  [0, 'Less than a second'],
  [1500, '1 second'],
  [59_999, '59 seconds'],
  [MINUTE, 'About a minute'],
  [2 * MINUTE, '2 minutes'],
  [HOUR, 'About an hour'],
  [1.6 * HOUR, '2 hours'],
  [47 * HOUR, '47 hours'],
  [2 * DAY, '2 days'],
  [13 * DAY, '13 days'],
  [15 * DAY, '2 weeks'],
  [61 * DAY, '2 months'],
  [800 * DAY, '2 years'],
  [-5, 'Less than a second'],
];
for (const [ms, words] of spans) test(`${ms} ms is '${words}'`, () => assert.is(span(ms), words));

const sizes: [number, string][] = [
  [0, '0B'],
  [999, '999B'],
  [36_445, '36.45kB'],
  [1_064_596, '1.065MB'],
  [1e15, '1PB'],
  [5e18, '5000PB'],
];
for (const [bytes, words] of sizes) test(`${bytes} bytes are ${words}`, () => assert.is(size(bytes), words));

test('never is the zero time of Go', () => {
  assert.is(rfc3339(0), '0001-01-01T00:00:00Z');
  assert.is(rfc3339(1e12), '2001-09-09T01:46:40.000Z');
});

test('flags are read as docker reads them', () => {
  const query = new Query('/x?a=1&b=0&c&d=false&e=yes&f=None&n=-5&t=1700000000.25&l=1&l=2');
  assert.equal(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => query.flag(name)),
    [true, false, false, false, true, false, false],
  );
  assert.equal(
    [query.flag('g', true), query.integer('n'), query.integer('g'), query.time('t'), query.list('l')],
    [true, -5, undefined, 1_700_000_000.25, ['1', '2']],
  );
  assert.is(query.moment('t'), 1_700_000_000_250_000_000n);
  assert.is(new Query('/?t=1700000000.123456789').moment('t'), 1_700_000_000_123_456_789n);
  assert.equal([query.moment('z'), new Query('/?t=-5').moment('t')], [undefined, -5_000_000_000n]);
  for (const bad of ['1e9', '0x10', '1.5', '99999999999999999999'])
    assert.throws(() => new Query(`/?n=${bad}`).integer('n'), /whole number/);
});

test('a progress line has a bar only when the whole is known', () => {
  assert.equal(progressLine({ id: 'x', status: 'Waiting' }), { status: 'Waiting', progressDetail: {}, id: 'x' });
  assert.equal(progressLine({ id: 'x', status: 'Extracting', current: 50, total: 100 }), {
    status: 'Extracting',
    progressDetail: { current: 50, total: 100 },
    progress: `[${'='.repeat(25)}>${' '.repeat(24)}]  50B/100B`,
    id: 'x',
  });
  assert.equal(progressLine({ id: 'x', status: 'Extracting', current: 50 }), {
    status: 'Extracting',
    progressDetail: { current: 50 },
    progress: '50B',
    id: 'x',
  });
  const passes = throttle();
  assert.equal(
    [1, 2, 3].map((current) => passes({ id: 'x', status: 'Downloading', current })),
    [true, false, false],
  );
  assert.ok(passes({ id: 'x', status: 'Download complete' }) && passes({ id: 'y', status: 'Downloading', current: 1 }));
});

test('what the docker client sends for an exec passes; null is not given', () => {
  const sent = {
    User: '',
    Privileged: false,
    Tty: true,
    ConsoleSize: [24, 80],
    AttachStdin: true,
    DetachKeys: '',
    Env: null,
    WorkingDir: '',
    Cmd: ['sh'],
    Odd: 1,
    Detach: false,
  };
  assert.not.throws(() => checkExec(sent));
  const odd = JSON.parse('{"__proto__": 5, "constructor": {"x": 1}}') as Record<string, unknown>;
  assert.not.throws(() => checkExec(odd));
});

const misshapen: [Record<string, unknown>, RegExp][] = [
  [{ Env: 'A=b' }, /invalid Env: it must be a list/],
  [{ Cmd: [1] }, /invalid Cmd/],
  [{ Cmd: ['a\0b'] }, /without NUL/],
  [{ Tty: 'yes' }, /invalid Tty: it must be true or false/],
  [{ ConsoleSize: [1] }, /\[height, width\]/],
  [{ ConsoleSize: [1, 70_000] }, /invalid ConsoleSize/],
];
for (const [body, message] of misshapen)
  test(`${JSON.stringify(body)} is refused by the name of its field`, () =>
    assert.throws(() => checkExec(body), message));

test('credentials keep their known texts only', () => {
  assert.equal(authFrom({ username: 'u', password: '', identitytoken: 5, auth: 'x' }), { username: 'u' });
  assert.is(authFrom({}), undefined);
});

test('labels must all hold, with or without a value', () => {
  const labels = { a: '1', b: '', c: 'x=y' };
  assert.ok(hasLabels(['a', 'a=1', 'b=', 'c=x=y'], labels));
  assert.not(hasLabels(['a', 'd'], labels));
  assert.not(hasLabels(['toString'], labels));
});

test('until is a duration, seconds or a date', () => {
  const until = (value: string) =>
    untilTime(readFilters(new Query(`/?filters=${encodeURIComponent(JSON.stringify({ until: [value] }))}`), ['until']));
  assert.is(until('1700000000'), 1.7e12);
  assert.is(until('2023-11-14T22:13:20Z'), 1.7e12);
  const [before, ago, after] = [Date.now(), until('1h30m')!, Date.now()];
  assert.ok(ago >= before - 1.5 * HOUR && ago <= after - 1.5 * HOUR, String(ago));
  assert.throws(() => until('soon'), /a duration like 10m/);
});

test.run();
