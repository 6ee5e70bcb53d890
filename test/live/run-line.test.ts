import * as assert from 'uvu/assert';
import { verbs } from '../../runtime/cli/verbs.ts';
import { notHere } from '../../server/live/ask/not-here.ts';
import { parseLine } from '../../server/live/ask/run-line.ts';
import { suite } from '../harness.ts';

const test = suite('the line of the run box');

test('every verb of the command line is one, and run and pull alone are taken', () => {
  const names = verbs.map(({ name }) => name).filter((name) => name !== 'run' && name !== 'pull');
  assert.equal([...notHere].sort(), names.sort());
});

test('a command is no image, with and without drydock before it', () => {
  for (const line of ['ps -a', 'drydock ps -a', 'docker ps'])
    assert.throws(() => parseLine(line), /^ps is a command, and no image: type drydock ps in a terminal/);
});

test('an image with the name of a command is run when run stands before it', () => {
  const parsed = parseLine('run ps -a');
  assert.is('run' in parsed && parsed.run.request.Image, 'ps');
});

test.run();
