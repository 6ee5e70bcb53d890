import * as assert from 'uvu/assert';
import { rwLayerOf } from '../../runtime/steps/container/3-rw-layer.ts';
import { removeOf } from '../../runtime/steps/container/7-remove.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { suite } from '../harness.ts';
import { fakeVolumes } from './fake-volumes.ts';
import { idOf, runSteps, standIn, undoSteps } from './stand-in.ts';
import { create } from './stage-phases.ts';

const test = suite('remove phase on the recording kernel');
const rwLayer = rwLayerOf(overlay2);
const remove = removeOf(overlay2);

test('remove.rw-layer deletes upper and work, and no layer of the image', async () => {
  const one = standIn();
  await runSteps(one.k, one.c, create, rwLayer);
  await undoSteps(one.k, one.c, create, rwLayer);
  const made = await runSteps(one.k, one.c, remove);
  assert.equal(made, {
    'remove.rw-layer': [`daemon.removeTree("${one.c.paths.upper}")`, `daemon.removeTree("${one.c.paths.work}")`],
  });
  assert.not.ok(one.machine.files.has(one.c.paths.upper) || one.machine.files.has(one.c.paths.work));
  assert.equal(one.k.facts.at(-1), { kind: 'file', key: 'upper', value: null });
});

test('remove.anonymous-volumes takes the volumes without a name, when asked to and when no other container has them', async () => {
  const removed = async (takesVolumes: boolean, users: string[]) => {
    const one = standIn({ config: { Volumes: { '/v': {} } }, host: { Binds: ['named:/n'] } });
    const [anonymous = ''] = one.c.mounts.filter((point) => point.anonymous).map(({ name }) => name);
    Object.assign(one.c, {
      takesVolumes,
      volumes: fakeVolumes('/lib/dd', ['named', anonymous], { [anonymous]: users }),
    });
    const made = await runSteps(one.k, one.c, remove);
    assert.ok(one.c.volumes.find('named'), 'a volume with a name stays');
    const step = made['remove.anonymous-volumes'];
    return [one.c.volumes.find(anonymous) === undefined, step?.map((call) => call.split('(')[0])];
  };
  const all = ['daemon.renameat2', 'daemon.removeTree'];
  assert.equal(await removed(true, []), [true, all]);
  assert.equal(await removed(true, [idOf(1)]), [true, all], 'this container is no other');
  assert.equal(await removed(true, [idOf(2)]), [false, []]);
  assert.equal(await removed(false, []), [false, undefined]);
});

test('a container that never ran can be removed', async () => {
  const one = standIn();
  await runSteps(one.k, one.c, remove);
  assert.is(one.k.calls.length, 2);
});

test('a removal that failed half way is done by the next one', async () => {
  for (const at of [0, 1]) {
    const one = standIn();
    await runSteps(one.k, one.c, create, rwLayer);
    const failing = one.again({ at, errno: 'EIO' });
    assert.ok(
      await runSteps(failing, one.c, remove).then(
        () => false,
        () => true,
      ),
    );
    await runSteps(one.again(), one.c, remove);
    assert.not.ok([one.c.paths.upper, one.c.paths.work].some((dir) => one.machine.files.has(dir)));
  }
});

test.run();
