import * as assert from 'uvu/assert';
import type { Event, Fact, NewEvent } from '../../runtime/journal/event.ts';
import { frameAt } from '../../runtime/journal/frame.ts';
import { suite } from '../harness.ts';
import { journal, names } from '../web/draw/journals.ts';

const test = suite('frames');
const number = (events: (NewEvent & { run?: number | string })[]): Event[] =>
  events.map((event, seq) => ({ run: 1, ...event, seq, time: seq }) as Event);
const learned = (...facts: Fact[]): NewEvent => ({ type: 'fact', facts });

for (const name of names) {
  test(`frame k of ${name} does not depend on what came after`, () => {
    const events = journal(name);
    for (let k = 0; k < events.length; k += 23)
      assert.equal({ ...frameAt(events, k), of: 0 }, { ...frameAt(events.slice(0, k + 1), k), of: 0 });
  });
}

test('before everything there is nothing, and beyond the end is the end', () => {
  const events = journal('limits');
  assert.equal(frameAt(events, -1), {
    k: -1,
    of: events.length,
    time: 0,
    run: 0,
    since: 0,
    state: 'created',
    phase: '',
    done: [],
    facts: {},
  });
  assert.equal(frameAt(events, 1e9), frameAt(events, events.length - 1));
});

test('a group that is gone takes its files with it', () => {
  const events = number([
    learned(
      { kind: 'cgroup', key: '/g', value: 'pids' },
      { kind: 'cgroup', key: '/g/pids.max', value: '9' },
      { kind: 'cgroup', key: '/gg', value: 'x' },
    ),
    learned({ kind: 'cgroup', key: '/g', value: null }),
  ]);
  assert.equal(frameAt(events, 1).facts, { cgroup: { '/gg': 'x' } });
});

test('what is in upper stays over exit and restart; a directory that is gone takes what lay in it, and rm takes all', () => {
  const upper = (key: string, value: string | null): Fact => ({ kind: 'upper', key, value });
  const events = number([
    learned(
      upper('/d', 'created dir 0755 0:0 0'),
      upper('/d/x', 'created file 0644 0:0 1'),
      upper('/dd', 'created file 0644 0:0 1'),
    ),
    { type: 'state', from: 'exiting', to: 'exited' },
    { run: 2, type: 'state', from: 'exited', to: 'pulling' },
    { run: 2, ...learned(upper('/d', null)) },
    { run: 2, ...learned({ kind: 'file', key: 'upper', value: null }) },
  ]);
  assert.equal(
    [1, 2].map((k) => Object.keys(frameAt(events, k).facts['upper'] ?? {})),
    [
      ['/d', '/d/x', '/dd'],
      ['/d', '/d/x', '/dd'],
    ],
  );
  assert.equal(Object.keys(frameAt(events, 3).facts['upper'] ?? {}), ['/dd']);
  assert.equal(frameAt(events, 4).facts['upper'], undefined);
});

test('an end takes what lived in the namespaces; the image and the files stay', () => {
  const frame = (() => {
    const events = journal('limits');
    return frameAt(events, events.length - 1);
  })();
  assert.is(frame.state, 'exited');
  assert.equal(
    ['ns', 'mount', 'process', 'security', 'route'].filter((kind) => kind in frame.facts),
    [],
  );
  assert.ok(frame.facts.image && frame.facts.file);
});

test("an exec's steps are not the container's", () => {
  const events = number([
    { type: 'step', step: 'create.shim', at: 'done' },
    { run: 'exec-1', type: 'step', step: 'exec.shim', at: 'done' },
  ]);
  assert.equal(frameAt(events, 1).done, ['create.shim']);
});

test.run();
