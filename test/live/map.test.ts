import * as assert from 'uvu/assert';
import type { MachineMap } from '../../server/live/protocol.ts';
import { suite } from '../harness.ts';
import { Caller } from './caller.ts';
import { Site } from './visitor.ts';

const test = suite('playground: the map of the machine');
let site: Site;
let caller: Caller;
test.before(async () => {
  site = await new Site().open();
  caller = await Caller.call(site);
});
test.after(() => site.close());
const maps = ({ seen }: Caller): MachineMap[] => seen.flatMap((one) => (one.type === 'map' ? [one.map] : []));

test('who asks is told at once what is there: images with their layers, and the predefined networks', async () => {
  assert.equal(await caller.ask('map', { on: true }), {});
  const [map] = await caller.until((one) => (maps(one).length ? maps(one) : undefined));
  assert.equal(
    map!.images.map(({ names, layers }) => [names, layers.length]),
    [[['ubuntu:latest'], 2]],
  );
  assert.equal(
    map!.networks.map(({ name, driver }) => [name, driver]),
    [
      ['bridge', 'bridge'],
      ['host', 'host'],
      ['none', 'none'],
    ],
  );
  assert.ok(map!.memory > 0);
});

test('a container that is made comes with its image, and what has not changed is not sent again', async () => {
  const { id } = await caller.ask('run', { line: 'run --name here ubuntu', step: false, break: [] });
  const last = await caller.until((one) => maps(one).find(({ containers }) => id in containers));
  assert.is(last.containers[id]!.image, last.images[0]!.id);
  const told = maps(caller).map((map) => JSON.stringify(map));
  assert.is(new Set(told).size, told.length);
});

test('a second viewer gets its own first map, and one that has left gets none', async () => {
  const other = await Caller.call(site);
  await other.ask('map', { on: true });
  await other.until((one) => maps(one)[0]);
  await other.ask('map', { on: false });
  const before = maps(other).length;
  const { id } = await caller.ask('run', { line: 'run --name later ubuntu', step: false, break: [] });
  await caller.until((one) => maps(one).find(({ containers }) => id in containers));
  // asks of one connection are answered in order
  await other.ask('omissions', {});
  assert.is(maps(other).length, before);
  other.socket.close();
});

test('what is asked has to be true or false', async () => {
  const answer = await caller.say({ topic: 'map', on: 'yes' });
  assert.is(answer.type === 'refused' && answer.status, 400);
});

test.run();
