import * as assert from 'uvu/assert';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { containerMachine } from '../../../runtime/container/container.machine.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { drawMachine } from '../../../web/draw/machine.ts';
import { phaseOfState } from '../../../runtime/container/life.ts';
import { stepsOf } from '../../../web/draw/steps.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { inState, journal } from './journals.ts';

const test = suite('the machine picture');
const events = journal('limits');
const moodsOf = (frame: ReturnType<typeof frameAt>, of = events) =>
  Object.fromEntries(
    drawMachine(words, frame, of).table.rows.map(({ key, cells }) => [key, cells[2]!.split(' ').at(-1)]),
  );

test('its states and edges are those of the state machine, and each edge is drawn', () => {
  const machine = containerMachine.root.states;
  const real = Object.entries(machine).flatMap(([from, state]) =>
    [...state.transitions.values()]
      .flat()
      .flatMap((transition) => (transition.target ?? []).map((target) => `${from}>${target.key}`)),
  );
  for (const width of [400, 2000]) {
    const { items, table } = drawMachine(words, frameAt(events, -1), events, width);
    assert.equal(
      items
        .filter(({ key }) => key.startsWith('edge:'))
        .map(({ key }) => key.split(':')[1])
        .sort(),
      real.sort(),
    );
    assert.equal(table.rows.map(({ key }) => key).sort(), Object.keys(machine).sort());
    assert.equal(
      items
        .filter(({ key }) => key.startsWith('state:'))
        .map(({ key }) => key.slice(6))
        .sort(),
      Object.keys(machine).sort(),
    );
  }
});

test('with the room for it an edge says what it is taken on, and one that was taken how long that took', () => {
  const frame = inState(events, 'running');
  const said = (width: number) =>
    drawMachine(words, frame, events, width)
      .items.find(({ key }) => key === 'edge:creating>layering:done')!
      .marks.flatMap((mark) => (mark.shape === 'text' ? [mark.text] : []));
  assert.equal(said(600), []);
  assert.is(said(1000)[0], 'done');
  assert.match(said(1000)[1]!, /^[\d.]+ m?s$/);
  const taken = drawMachine(words, frame, events)
    .items.filter(
      ({ key, marks }) => key.startsWith('edge:') && marks.some((mark) => mark.shape === 'path' && mark.width === 2.5),
    )
    .map(({ key }) => key.split(':')[1]);
  assert.equal(taken, [
    'created>pulling',
    'pulling>creating',
    'creating>layering',
    'layering>networking',
    'networking>starting',
    'starting>running',
  ]);
});

test('an unwinding that ends well is not shown as one that failed', () => {
  const failed = journal('not-found');
  const taken = drawMachine(words, inState(failed, 'failed'), failed)
    .items.filter(({ marks }) => marks.some((mark) => mark.shape === 'path' && mark.width === 2.5))
    .map(({ key }) => key);
  assert.ok(
    taken.includes('edge:starting>unwinding:failed') &&
      taken.includes('edge:unwinding>failed:done') &&
      !taken.includes('edge:unwinding>failed:failed'),
    taken.join(),
  );
});

test('a run that came up has its states behind it and the way out before it', () => {
  const moods = moodsOf(inState(events, 'running'));
  assert.equal(
    [moods['created'], moods['starting'], moods['running'], moods['exited'], moods['failed']],
    ['done', 'done', 'active', 'pending', 'pending'],
  );
});

test('a run that failed shows where, and that it was taken back', () => {
  const failed = journal('not-found');
  const frame = inState(failed, 'failed');
  const moods = moodsOf(frame, failed);
  assert.equal(
    [moods['networking'], moods['starting'], moods['unwinding'], moods['failed'], moods['running']],
    ['done', 'failed', 'done', 'failed', 'pending'],
  );
  assert.is(
    drawMachine(words, frame, failed).summary,
    'The run failed at init.find-program, and everything was taken back.',
  );
});

test('a state knows its phase', () => {
  assert.equal(['pulling', 'layering', 'running', 'nonsense'].map(phaseOfState), [
    'pull',
    'rw-layer',
    undefined,
    undefined,
  ]);
});

test('steps are done, under way, left out, and still to come', () => {
  const create = phases.find(({ id }) => id === 'create')!;
  const at = events.findIndex((e) => e.type === 'step' && e.step === 'create.unshare-uts' && e.at === 'start');
  const moods = Object.fromEntries(stepsOf(words, create, frameAt(events, at), events).map((step) => [step.id, step]));
  assert.equal(
    [moods['create.shim']!.mood, moods['create.unshare-uts']!.mood, moods['create.unshare-net']!.mood],
    ['done', 'active', 'pending'],
  );
  assert.match(moods['create.shim']!.lasted, /^[\d.]+ [µm]s$/);
  assert.is(moods['create.unshare-uts']!.seek, at);
  assert.is(
    stepsOf(words, create, inState(events, 'running'), events).find(({ id }) => id === 'create.unshare-time')!.mood,
    'skipped',
  );
});

test('a failed step is failed, and those that were undone are marked so', () => {
  const failed = journal('not-found');
  const frame = inState(failed, 'failed');
  const moodOf = (phase: string, step: string) =>
    stepsOf(
      words,
      phases.find(({ id }) => id === phase)!,
      frame,
      failed,
    ).find(({ id }) => id === step)!.mood;
  assert.equal(
    [moodOf('init', 'init.find-program'), moodOf('create', 'create.shim'), moodOf('init', 'init.execve')],
    ['failed', 'undone', 'pending'],
  );
});

test.run();
