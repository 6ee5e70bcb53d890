import { createActor } from 'xstate';
import * as assert from 'uvu/assert';
import { containerMachine, type MachineEvent } from '../../runtime/container/container.machine.ts';
import { type PhaseId } from '../../runtime/container/life.ts';
import type { MachineState } from '../../runtime/container/life.ts';
import { suite } from '../harness.ts';

const test = suite('the lifecycle as a state machine');
const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Driven {
  path: string[];
  phases: string[];
  send(type: MachineEvent['type']): Promise<string>;
  context(): { error: string; executed: boolean };
  done(): boolean;
}

/** Runs the state machine; phases succeed except those in `failing`. */
async function drive(
  failing: readonly (PhaseId | 'unwind')[] = [],
  from?: { value: MachineState; executed?: boolean },
): Promise<Driven> {
  const phases: string[] = [];
  const act = async (id: PhaseId | 'unwind') => {
    phases.push(id);
    if (failing.includes(id)) throw new Error(`${id} failed`);
  };
  const work = { phase: act, unwind: () => act('unwind') };
  const snapshot =
    from &&
    containerMachine.resolveState({
      value: from.value,
      context: { work, error: '', executed: from.executed ?? false },
    });
  const actor = createActor(containerMachine, { input: { work }, ...(snapshot && { snapshot }) });
  const path: string[] = [];
  actor.subscribe(({ value }) => void (path.at(-1) === value || path.push(String(value))));
  actor.start();
  return {
    path,
    phases,
    context: () => actor.getSnapshot().context,
    done: () => actor.getSnapshot().status === 'done',
    async send(type) {
      actor.send({ type });
      for (let turn = 0; turn < 20; turn++) await settled();
      return String(actor.getSnapshot().value);
    },
  };
}
const ways: Partial<Record<PhaseId, string>> = {
  pull: 'pulling',
  create: 'creating',
  'rw-layer': 'layering',
  network: 'networking',
  init: 'starting',
};

test('a start goes through its five phases to running', async () => {
  const m = await drive();
  assert.is(await m.send('START'), 'running');
  assert.equal(m.phases, ['pull', 'create', 'rw-layer', 'network', 'init']);
  assert.equal(m.path, ['created', ...Object.values(ways), 'running']);
  assert.equal([m.context().error, m.context().executed], ['', true]);
});

test('from running to paused and back, and to the end from either', async () => {
  for (const events of [['EXITED'], ['PAUSE', 'EXITED'], ['PAUSE', 'RESUME', 'EXITED']] as const) {
    const m = await drive();
    await m.send('START');
    let last = '';
    for (const event of events) last = await m.send(event);
    assert.is(last, 'exited');
    assert.is(m.phases.at(-1), 'exit');
  }
});

test('an exited container starts again, with nothing remembered of its last run', async () => {
  const m = await drive();
  await m.send('START');
  await m.send('EXITED');
  assert.is(await m.send('START'), 'running');
  assert.is(m.phases.filter((id) => id === 'init').length, 2);
});

for (const [id, state] of Object.entries(ways) as [PhaseId, string][]) {
  test(`a failure in ${id} unwinds and ends in failed, from where one can start again or remove`, async () => {
    const failing: (PhaseId | 'unwind')[] = [id];
    const m = await drive(failing);
    assert.is(await m.send('START'), 'failed');
    assert.equal(m.path.slice(m.path.indexOf(state)), [state, 'unwinding', 'failed']);
    assert.equal([m.context().error, m.context().executed], [`${id} failed`, false]);
    failing.length = 0;
    assert.is(await m.send('START'), 'running');
    assert.is(m.context().error, '');
    const other = await drive([id]);
    await other.send('START');
    assert.is(await other.send('REMOVE'), 'removed');
  });
}

test('a failure after the program was executed ends in exited, not in failed', async () => {
  const m = await drive(['exit']);
  await m.send('START');
  assert.is(await m.send('EXITED'), 'exited');
  assert.equal(m.path.slice(-3), ['exiting', 'unwinding', 'exited']);
  assert.is(m.context().error, 'exit failed');
});

test('an unwinding that fails ends in failed and keeps the first reason', async () => {
  const m = await drive(['network', 'unwind']);
  assert.is(await m.send('START'), 'failed');
  assert.is(m.context().error, 'network failed');
});

test('removal is for what does not run, and is final', async () => {
  const m = await drive();
  assert.is(await m.send('REMOVE'), 'removed');
  assert.ok(m.done());
  assert.equal(m.phases, ['remove']);
  const running = await drive();
  await running.send('START');
  assert.is(await running.send('REMOVE'), 'running');
});

test('a removal that fails leaves a container that can be removed again', async () => {
  const failing: PhaseId[] = ['remove'];
  const m = await drive(failing);
  assert.is(await m.send('REMOVE'), 'failed');
  failing.length = 0;
  assert.is(await m.send('REMOVE'), 'removed');
});

const refused: Partial<Record<MachineState, MachineEvent['type'][]>> = {
  created: ['PAUSE', 'RESUME', 'EXITED'],
  running: ['START', 'RESUME', 'REMOVE'],
  paused: ['START', 'PAUSE', 'REMOVE'],
  exited: ['PAUSE', 'RESUME', 'EXITED'],
  failed: ['PAUSE', 'RESUME', 'EXITED'],
};
for (const [state, events] of Object.entries(refused) as [MachineState, MachineEvent['type'][]][]) {
  test(`${state} is moved by nothing that is not its own`, async () => {
    for (const event of events) {
      const m = await drive([], { value: state, executed: state === 'running' || state === 'paused' });
      assert.is(await m.send(event), state, event);
      assert.equal(m.phases, []);
    }
  });
}

test('a machine that is picked up as running goes on from there', async () => {
  const m = await drive([], { value: 'running', executed: true });
  assert.equal(m.phases, [], 'no phase runs twice');
  assert.is(await m.send('EXITED'), 'exited');
});

test.run();
