import * as assert from 'uvu/assert';
import type { Event } from '../../runtime/journal/event.ts';
import { Journal } from '../../runtime/journal/journal.ts';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { Gate, Position } from '../../runtime/operation/gate.ts';
import { runPhase, unwind, type Run } from '../../runtime/operation/run-phase.ts';
import type { Phase, Step } from '../../runtime/container/step.ts';
import { suite } from '../harness.ts';

const test = suite('running and unwinding phases');
interface Place {
  done: string[];
}
type Wanted = Partial<Omit<Step<Place>, 'id'>>;

const step = (id: string, more: Wanted = {}): Step<Place> => ({
  id,
  title: id,
  explain: id,
  async do(_k, c) {
    c.done.push(`do ${id}`);
  },
  async undo(_k, c) {
    c.done.push(`undo ${id}`);
  },
  ...more,
});
const phase = (id: string, ...steps: Step<Place>[]): Phase<Place> => ({ id, title: id, steps });
function run(): Run<Place> {
  const journal = Journal.inMemory();
  const own: Run<Place> = {
    kernel: recordingKernel(),
    gate: new Gate((event) => void journal.append(event)),
    journal,
    container: { done: [] },
    at: new Position(),
    current: undefined,
    beside: (container) => ({ ...own, container, at: new Position() }),
  };
  return own;
}
const short = (event: Event) =>
  [event.type, event.step ?? (event.type === 'phase' ? event.phase : ''), 'at' in event ? event.at : ''].join(' ');
const failing = (message: string) => async () => {
  throw new Error(message);
};

test('steps are done in order, each told of before and after', async () => {
  const r = run();
  await runPhase(r, phase('p', step('p.a'), step('p.b')));
  assert.equal(r.container.done, ['do p.a', 'do p.b']);
  assert.equal(r.journal.events().map(short), [
    'phase p enter',
    'step p.a start',
    'step p.a done',
    'step p.b start',
    'step p.b done',
    'phase p done',
  ]);
  assert.ok(
    r.journal.events().every((event) => event.type !== 'step' || event.at === 'start' || typeof event.ns === 'number'),
  );
});

test('a step that does not apply says nothing, and is asked when its turn comes', async () => {
  const r = run();
  await runPhase(
    r,
    phase(
      'p',
      step('p.a'),
      step('p.b', { when: (c) => c.done.length === 0 }),
      step('p.c', { when: (c) => c.done.length === 1 }),
    ),
  );
  assert.equal(r.container.done, ['do p.a', 'do p.c']);
  assert.not.ok(r.journal.events().some((event) => event.step === 'p.b'));
});

test('calls belong to the step that is under way, and to none after it', async () => {
  const r = run();
  const seen: (string | undefined)[] = [];
  const look = async () => void seen.push(r.current);
  await runPhase(r, phase('p', step('p.a', { do: look }), step('p.b', { do: look })));
  assert.equal([...seen, r.current], ['p.a', 'p.b', undefined]);
});

test('the first failure ends the phase, carries its step, and is what is thrown', async () => {
  const r = run();
  const error = await runPhase(r, phase('p', step('p.a'), step('p.b', { do: failing('boom') }), step('p.c'))).then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.equal([(error as Error).message, (error as { step?: string }).step, r.current], ['boom', 'p.b', undefined]);
  assert.equal(r.container.done, ['do p.a']);
  assert.equal(r.journal.events().map(short).slice(-3), ['step p.b start', 'step p.b failed', 'phase p failed']);
  assert.is(
    (r.journal.events().find((event) => event.type === 'step' && event.at === 'failed') as { error?: string }).error,
    'boom',
  );
});

test('a failure that already names its step keeps it', async () => {
  const r = run();
  const error = await runPhase(
    r,
    phase(
      'p',
      step('p.a', {
        do: async () => {
          throw Object.assign(new Error('x'), { step: 'inner' });
        },
      }),
    ),
  ).then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.is((error as { step?: string }).step, 'inner');
});

test('undo goes through all phases from the last step to the first, done or not', async () => {
  const r = run();
  const failures = await unwind(r, [
    phase('p', step('p.a'), step('p.b', { undo: undefined })),
    phase('q', step('q.a'), step('q.b')),
  ]);
  assert.equal([r.container.done, failures], [['undo q.b', 'undo q.a', 'undo p.a'], []]);
  assert.equal(r.journal.events().map(short), [
    'phase q unwinding',
    'step q.b undo',
    'step q.b undone',
    'step q.a undo',
    'step q.a undone',
    'step p.a undo',
    'step p.a undone',
    'phase p unwound',
  ]);
});

test('an undo that fails does not keep the others from theirs, and is told of', async () => {
  const r = run();
  const failures = await unwind(r, [phase('p', step('p.a'), step('p.b', { undo: failing('stuck') }), step('p.c'))]);
  assert.equal([r.container.done, failures.map((error) => error.message)], [['undo p.c', 'undo p.a'], ['stuck']]);
  assert.ok(r.journal.events().map(short).includes('step p.b failed'));
});

test('an undo that fails is tried once more when the others have had their turn', async () => {
  const r = run();
  const waits = step('p.c', {
    async undo(_k, c) {
      c.done.push('undo p.c');
      if (!c.done.includes('undo p.a')) throw new Error('p.a is in the way');
    },
  });
  assert.equal(await unwind(r, [phase('p', step('p.a'), step('p.b'), waits)]), []);
  assert.equal(r.container.done, ['undo p.c', 'undo p.b', 'undo p.a', 'undo p.c']);
  assert.equal(r.journal.events().map(short).slice(-3), ['step p.c undo', 'step p.c undone', 'phase p unwound']);
});

test('what could not be undone names its step', async () => {
  const [error] = await unwind(run(), [phase('p', step('p.a', { undo: failing('stuck') }))]);
  assert.is((error as { step?: string }).step, 'p.a');
});

test('undo is asked also of a step whose condition does not hold any more', async () => {
  const r = run();
  await unwind(r, [phase('p', step('p.a', { when: () => false }))]);
  assert.equal(r.container.done, ['undo p.a']);
});

test('nothing stops at the gate on the way back', async () => {
  const r = run();
  r.gate.arm({ mode: 'step', breakpoints: ['p.a', 'p'] });
  await unwind(r, [phase('p', step('p.a'))]);
  assert.equal([r.container.done, r.gate.paused], [['undo p.a'], false]);
});

test('an abort at the gate fails the phase before the step has begun', async () => {
  const r = run();
  r.gate.arm({ mode: 'run', breakpoints: ['p.b'] });
  const over = runPhase(r, phase('p', step('p.a'), step('p.b'))).then(
    () => undefined,
    (e: unknown) => e,
  );
  while (!r.gate.paused) await new Promise((resolve) => setImmediate(resolve));
  r.gate.command({ command: 'abort' });
  assert.is(((await over) as Error).name, 'Aborted');
  assert.equal(r.container.done, ['do p.a']);
  assert.equal(r.journal.events().map(short).slice(-3), ['gate p.b paused', 'gate p.b aborted', 'phase p failed']);
});

test.run();
