import * as assert from 'uvu/assert';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { containerMachine } from '../../../runtime/machine/container.machine.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { drawMachine, edges, phaseOfState } from '../../../web/draw/machine.ts';
import { stepsOf } from '../../../web/draw/steps.ts';
import { suite } from '../../harness.ts';
import { inState, journal } from './journals.ts';

const test = suite('the machine picture');
const events = journal('limits');
const moodsOf = (frame: ReturnType<typeof frameAt>, of = events) => Object.fromEntries(drawMachine(frame, of).table.rows.map(({ key, cells }) => [key, cells[2]!.split(' ').at(-1)]));

test('its states and edges are those of the state machine', () => {
  const machine = containerMachine.root.states;
  const real = Object.entries(machine).flatMap(([from, state]) => [...state.transitions.values()].flat().flatMap((transition) => (transition.target ?? []).map((target) => `${from}>${target.key}`)));
  assert.equal([...new Set(edges.map(({ from, to }) => `${from}>${to}`))].sort(), [...new Set(real)].filter((edge) => edge !== 'removing>failed').sort());
  assert.equal(drawMachine(frameAt(events, -1), events).table.rows.map(({ key }) => key).sort(), Object.keys(machine).sort());
});

test('a run that came up has its states behind it and the way out before it', () => {
  const moods = moodsOf(inState(events, 'running'));
  assert.equal([moods['created'], moods['executing'], moods['running'], moods['exited'], moods['failed']], ['done', 'done', 'active', 'pending', 'pending']);
});

test('a run that failed shows where, and that it was taken back', () => {
  const failed = journal('not-found');
  const frame = inState(failed, 'failed');
  const moods = moodsOf(frame, failed);
  assert.equal([moods['networking'], moods['executing'], moods['unwinding'], moods['failed'], moods['running']], ['done', 'failed', 'done', 'failed', 'pending']);
  assert.is(drawMachine(frame, failed).summary, 'The run failed at exec.find-program, and everything was taken back.');
});

test('a state knows its phase', () => {
  assert.equal(['pulling', 'layering', 'running', 'nonsense'].map(phaseOfState), ['pull', 'rw-layer', undefined, undefined]);
});

test('steps are done, under way, left out, and still to come', () => {
  const create = phases.find(({ id }) => id === 'create')!;
  const at = events.findIndex((e) => e.type === 'step' && e.step === 'create.unshare-uts' && e.at === 'start');
  const moods = Object.fromEntries(stepsOf(create, frameAt(events, at), events).map((step) => [step.id, step]));
  assert.equal([moods['create.shim']!.mood, moods['create.unshare-uts']!.mood, moods['create.unshare-net']!.mood], ['done', 'active', 'pending']);
  assert.match(moods['create.shim']!.lasted, /^[\d.]+ [µm]s$/);
  assert.is(moods['create.unshare-uts']!.seek, at);
  assert.is(stepsOf(create, inState(events, 'running'), events).find(({ id }) => id === 'create.unshare-time')!.mood, 'skipped');
});

test('a failed step is failed, and those that were undone are marked so', () => {
  const failed = journal('not-found');
  const frame = inState(failed, 'failed');
  const moodOf = (phase: string, step: string) => stepsOf(phases.find(({ id }) => id === phase)!, frame, failed).find(({ id }) => id === step)!.mood;
  assert.equal([moodOf('exec', 'exec.find-program'), moodOf('create', 'create.shim'), moodOf('exec', 'exec.execve')], ['failed', 'undone', 'pending']);
});

test.run();
