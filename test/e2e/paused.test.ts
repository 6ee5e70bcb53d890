import * as assert from 'uvu/assert';
import { site } from './site.ts';
import { slowRegistry } from './slow-registry.ts';
import { until } from '../until.ts';

const s = await site('pausing what goes on by itself');
const d = () => s.daemon;
interface Event {
  type: string;
  at?: string;
  step?: string;
  next?: { name: string };
}
const stops = async (name: string) =>
  (await d().ok('trace', '--json', name))
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
    .filter(({ type, at }) => type === 'gate' && at === 'paused');

s.test('gate pause stops a run before what comes next, and it goes on from there to its breakpoint', async () => {
  const slow = await slowRegistry(s.registry.host);
  try {
    const running = d().begin(
      'drydock',
      'run',
      '--name',
      'paced',
      '--break',
      'init.execve',
      `${slow.host}/library/tiny`,
      'sh',
      '-c',
      'echo on; exit 3',
    );
    await until('it pulls', slow.asked);
    assert.equal(await stops('paced'), [], 'nothing holds it');
    await d().ok('gate', 'paced', 'pause');
    slow.letGo();
    const first = await until('it stands', async () => (await stops('paced'))[0]);
    assert.match(first.step!, /^pull\./, 'long before the breakpoint');
    const twice = await d().cli('gate', 'paced', 'pause');
    assert.is(twice.code, 1);
    assert.match(twice.err, /the gate holds it already, before pull\./);
    await d().ok('gate', 'paced', 'continue');
    await until('it stands at its breakpoint', async () => (await stops('paced')).at(-1)?.step === 'init.execve');
    assert.is((await stops('paced')).length, 2);
    await d().ok('gate', 'paced', 'continue');
    const { code, out } = await running.done;
    assert.equal([code, out], [3, 'on\n']);
  } finally {
    await slow.close();
  }
});

s.test('a program that runs is at no step: pause says so, and does not stop its end', async () => {
  await d().ok('run', '-d', '--name', 'runs', 'ubuntu', 'sleep', '1000');
  const { code, err } = await d().cli('gate', 'runs', 'pause');
  assert.is(code, 1);
  assert.match(err, /container runs is running: no step is under way that could be paused/);
  await d().ok('rm', '-f', 'runs');
});

s.test.run();
