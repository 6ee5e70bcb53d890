/** A container that has nothing to do with a lesson solves none of its tasks. */
import * as assert from 'uvu/assert';
import { Daemon } from '../e2e/daemon.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { Taking } from './taking.ts';
import { prepare } from './proof.ts';

const test = suite('bystanders of a lesson', ...needs);
await ownRoom();
let daemon: Daemon;

test.before(async () => {
  daemon = await new Daemon().start();
  await prepare(daemon);
});
test.after(() => daemon.close());

test("a container that another user starts solves no task of the lesson's own container", async () => {
  const taking = await new Taking(daemon, 'process').open();
  await until('the run stands at the gate', () => taking.state.machine);
  await daemon.ok('run', '-dit', '--name', 'bystander', 'ubuntu', '/bin/bash');
  await until('the lesson knows the other container', () => taking.state.others.some((o) => o.name === 'bystander'));
  // a right step after it proves that the checks were evaluated meanwhile
  await taking.act({ gate: 'next' });
  await until('the first task is done', () => taking.done('cloned'));
  assert.is(taking.task('running').state, 'open', 'only the bystander runs');
  await taking.act({ gate: 'continue' });
  await until('the second task is done', () => taking.done('running'));
  await daemon.ok('rm', '-f', 'bystander');
  await taking.leave();
});

test("the lesson's own container solves no task that asks for another one", async () => {
  const taking = await new Taking(daemon, 'layers').open();
  await taking.acts([{ gate: 'next' }, { gate: 'continue' }]);
  await until('the second task is done', () => taking.done('running'));
  assert.is(taking.task('flag').state, 'open');
  await daemon.ok('run', '--name', 'blue', '-e', 'COLOUR=blue', 'ubuntu', 'true');
  await until('the task is done', () => taking.done('flag'));
  await daemon.ok('rm', 'blue');
  await taking.leave();
});

test.run();
