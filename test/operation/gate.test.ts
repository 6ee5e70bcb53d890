import * as assert from 'uvu/assert';
import type { NewEvent } from '../../runtime/journal/event.ts';
import { Injected } from '../../runtime/kernel/errors.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import type { GateCommand, GateOptions } from '../../runtime/engine/engine.ts';
import { Aborted, Gate } from '../../runtime/operation/gate.ts';
import type { Step } from '../../runtime/container/step.ts';
import { suite } from '../harness.ts';

const test = suite('gate');
const step = (id: string): Step<never> => ({ id, title: id, explain: id, do: async () => undefined });
const call = (name: Call['name'], actor: Call['actor'] = 'stage'): Call => ({
  actor,
  name,
  args: ['a', Buffer.from('bytes'), 3],
});

/** A run of two steps with two calls each, at a gate; `at` is its current place. */
function walk(options: GateOptions) {
  const told: NewEvent[] = [];
  const gate = new Gate((event) => void told.push(event));
  gate.arm(options);
  let at = '';
  const pass = async (name: string, held: Promise<void> | undefined) => {
    at = held ? name : at;
    if (held) await held;
  };
  const over = (async () => {
    for (const id of ['create.shim', 'init.execve']) {
      await pass(id, gate.beforeStep(step(id)));
      for (const name of ['mount', 'close'] as const) await pass(`${id}/${name}`, gate.beforeCall(call(name)));
    }
    at = 'over';
  })().catch((error: unknown) => void (at = String(error)));
  const stand = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    return at;
  };
  return {
    gate,
    told,
    over,
    stand,
    say: async (command: GateCommand['command']) => (gate.command({ command } as GateCommand), stand()),
  };
}

test('a run without a breakpoint does not wait, not even for a turn of the event loop', () => {
  const gate = new Gate(() => {
    throw new Error('there is nothing to tell');
  });
  gate.arm({ mode: 'run', breakpoints: [] });
  assert.is(gate.beforeStep(step('create.shim')), undefined);
  assert.is(gate.beforeCall(call('mount')), undefined);
});

test('step mode stops before each step, next goes to the following one', async () => {
  const w = walk({ mode: 'step', breakpoints: [] });
  assert.is(await w.stand(), 'create.shim');
  assert.is(await w.say('next'), 'init.execve');
  assert.is(await w.say('next'), 'over');
  assert.equal(
    w.told.map((event) => ('at' in event ? `${event.at} ${event.step}` : '')),
    ['paused create.shim', 'resumed create.shim', 'paused init.execve', 'resumed init.execve'],
  );
});

test('into stops before each call of the step, and at the step after it', async () => {
  const w = walk({ mode: 'step', breakpoints: [] });
  await w.stand();
  const seen: string[] = [];
  for (const command of ['into', 'into', 'into', 'next'] as const) seen.push(await w.say(command));
  assert.equal(seen, ['create.shim/mount', 'create.shim/close', 'init.execve', 'over']);
});

test('next within a step goes to the next step, not to the next call', async () => {
  const w = walk({ mode: 'step', breakpoints: [] });
  await w.stand();
  assert.is(await w.say('into'), 'create.shim/mount');
  assert.is(await w.say('next'), 'init.execve');
});

test('continue goes on to the end or to the next breakpoint', async () => {
  const w = walk({ mode: 'step', breakpoints: [] });
  await w.stand();
  assert.is(await w.say('continue'), 'over');
  const broken = walk({ mode: 'step', breakpoints: ['init.execve'] });
  await broken.stand();
  assert.is(await broken.say('continue'), 'init.execve');
});

for (const [kind, at, stops] of [
  ['a step', 'init.execve', ['init.execve']],
  ['a phase', 'create', ['create.shim']],
  ['a system call', 'close', ['create.shim/close', 'init.execve/close']],
  ['a step, by its id of version 0.2', 'exec.execve', ['init.execve']],
  ['a phase, by its id of version 0.2', 'exec', ['init.execve']],
  ['nothing that comes', 'pivot_root', []],
] as const) {
  test(`a breakpoint on ${kind}`, async () => {
    const w = walk({ mode: 'run', breakpoints: [at] });
    const seen: string[] = [];
    for (let where = await w.stand(); where !== 'over'; where = await w.say('continue')) seen.push(where);
    assert.equal(seen, [...stops]);
  });
}

test('what waits before a call is told with the call, its bytes as hex', async () => {
  const w = walk({ mode: 'run', breakpoints: ['mount'] });
  await w.stand();
  assert.equal(w.told, [
    {
      type: 'gate',
      at: 'paused',
      step: 'create.shim',
      next: { name: 'mount', actor: 'stage', args: ['a', { hex: '6279746573', length: 5 }, 3] },
    },
  ]);
});

test('breakpoints can be set and cleared while it waits and while it runs', async () => {
  const w = walk({ mode: 'step', breakpoints: [] });
  await w.stand();
  w.gate.command({ command: 'break', at: 'init' });
  assert.is(await w.say('continue'), 'init.execve');
  const cleared = walk({ mode: 'step', breakpoints: ['init'] });
  await cleared.stand();
  cleared.gate.command({ command: 'clear', at: 'init' });
  assert.is(await cleared.say('continue'), 'over');
  const former = walk({ mode: 'step', breakpoints: ['init.execve'] });
  await former.stand();
  former.gate.command({ command: 'clear', at: 'exec.execve' });
  assert.is(await former.say('continue'), 'over', 'the id of version 0.2 clears it too');
});

test('abort throws Aborted at the place, and nothing stops after it', async () => {
  const w = walk({ mode: 'step', breakpoints: ['mount'] });
  await w.stand();
  assert.is(await w.say('abort'), 'Aborted: aborted before create.shim');
  assert.equal(w.told.at(-1), { type: 'gate', at: 'aborted', step: 'create.shim' });
  assert.equal(
    [w.gate.paused, w.gate.beforeCall(call('mount')), w.gate.beforeStep(step('init.execve'))],
    [false, undefined, undefined],
  );
});

test('without anything that waits next, into, continue and abort are refused with 409', () => {
  const gate = new Gate(() => undefined);
  for (const command of ['next', 'into', 'continue', 'abort'] as const) {
    assert.throws(
      () => gate.command({ command }),
      (error: { status?: number; message: string }) => error.status === 409 && error.message.includes(command),
    );
  }
});

test('what is one way only cannot be aborted: abort lets it go on', async () => {
  const told: NewEvent[] = [];
  const gate = new Gate((event) => void told.push(event));
  gate.arm({ mode: 'step', breakpoints: [] });
  gate.oneWay = true;
  const held = gate.beforeStep(step('exit.collect-status'));
  gate.command({ command: 'abort' });
  await held;
  assert.equal(
    told.map((event) => ('at' in event ? event.at : '')),
    ['paused', 'resumed'],
  );
});

test('release lets go of what waits and of every breakpoint', async () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'step', breakpoints: ['mount'] });
  const held = gate.beforeStep(step('create.shim'))!.then(
    () => 'on',
    (error: unknown) => error,
  );
  gate.release();
  assert.instance(await held, Aborted);
  assert.equal([gate.paused, gate.beforeCall(call('mount'))], [false, undefined]);
  gate.release();
});

test('release does not break off what is one way only: taking back goes on', async () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'run', breakpoints: ['close'] });
  gate.oneWay = true;
  const held = gate.beforeCall(call('close'));
  gate.release();
  await held;
  assert.is(gate.paused, false);
});

test('a breakpoint on a phase stops where the phase begins, and not at each of its steps', () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'run', breakpoints: ['create'] });
  const stops = ['pull.commit', 'create.merge-config', 'create.shim', 'init.execve'].map((id) => {
    const held = gate.beforeStep(step(id));
    if (held) gate.command({ command: 'continue' });
    return held !== undefined;
  });
  assert.equal(stops, [false, true, false, false]);
});

test('a breakpoint on the n-th call of a step stops there and nowhere else', async () => {
  const { over, stand, say } = walk({ mode: 'run', breakpoints: ['init.execve#2'] });
  assert.is(await stand(), 'init.execve/close');
  assert.is(await say('continue'), 'over');
  await over;
});

test('a breakpoint on the n-th call of an undo stops there, and not at that call of the step itself', async () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'run', breakpoints: ['undo:create.shim#1'] });
  assert.equal([gate.beforeStep(step('create.shim')), gate.beforeCall(call('mount'))], [undefined, undefined]);
  gate.beforeUndo(step('create.shim'));
  const held = gate.beforeCall(call('kill'));
  assert.ok(held);
  gate.command({ command: 'continue' });
  await held;
  assert.equal(gate.breakpointsOf('create'), ['undo:create.shim#1']);
});

test('the call that waits can be answered with an errno; a step cannot, and what is no errno is refused', async () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'run', breakpoints: ['create.shim', 'mount'] });
  const before = gate.beforeStep(step('create.shim'));
  assert.throws(() => gate.command({ command: 'fail', errno: 'EIO' }), /nothing but a system call/);
  gate.command({ command: 'continue' });
  await before;
  const held = gate.beforeCall(call('mount'))!.catch((error: unknown) => error);
  assert.throws(() => gate.command({ command: 'fail', errno: 'ESOMETHING' }), /"ESOMETHING" is no errno/);
  gate.command({ command: 'fail', errno: 'ENOSPC' });
  assert.equal([(await held) instanceof Injected, ((await held) as Injected).errno, gate.paused], [true, 28, false]);
});

test('arming again forgets what was asked for before', () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'step', breakpoints: ['mount'] });
  gate.arm({ mode: 'run', breakpoints: ['close'] });
  assert.equal([gate.beforeStep(step('create.shim')), gate.beforeCall(call('mount'))], [undefined, undefined]);
  assert.ok(gate.beforeCall(call('close')));
});

test('pause stands before the next step or call, whichever comes first, and is refused where it stands already', async () => {
  const gate = new Gate(() => undefined);
  gate.arm({ mode: 'run', breakpoints: [] });
  assert.is(gate.beforeStep(step('create.shim')), undefined);
  gate.command({ command: 'pause' });
  const held = gate.beforeCall(call('mount'));
  assert.ok(held);
  assert.throws(() => gate.command({ command: 'pause' }), /holds it already, before create\.shim/);
  gate.command({ command: 'continue' });
  await held;
  assert.is(gate.beforeCall(call('close')), undefined);
  gate.command({ command: 'pause' });
  assert.ok(gate.beforeStep(step('init.execve')));
});

test.run();
