import * as assert from 'uvu/assert';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { create as local, remove as localRemove } from '../../runtime/volume/local/steps.ts';
import { createOf } from '../../runtime/steps/volume/create.ts';
import { removeOf } from '../../runtime/steps/volume/remove.ts';
import { suite } from '../harness.ts';
import { fakeVolume, fakeVolumes } from './fake-volumes.ts';
import { runSteps } from './stand-in.ts';

const test = suite('the phases of volumes');
const create = createOf({ create: local });
const removal = removeOf({ remove: localRemove });

test('a volume is a directory first and exists with its record', async () => {
  const volumes = fakeVolumes('/r');
  const k = recordingKernel({});
  const made = await runSteps(k, { volume: fakeVolume('data'), volumes }, create);
  assert.equal(made['volume-create.make-directory'], [
    'daemon.mkdirat(AT_FDCWD, "/r/volumes/data", 0701)',
    'daemon.mkdirat(AT_FDCWD, "/r/volumes/data/_data", 0755)',
    'daemon.fchmodat(AT_FDCWD, "/r/volumes/data/_data", 0755)',
  ]);
  assert.equal(made['volume-create.write-record'], []);
  assert.is(volumes.find('data')?.name, 'data');
});

test('what was made is taken back while there is no record, by calls that remove nothing with content', async () => {
  const volumes = fakeVolumes('/r');
  const k = recordingKernel({});
  const [step] = create.steps;
  await step!.undo!(k, { volume: fakeVolume('data'), volumes });
  assert.equal(k.calls, [
    'daemon.unlinkat(AT_FDCWD, "/r/volumes/data/volume.json.partial", 0)',
    'daemon.unlinkat(AT_FDCWD, "/r/volumes/data/_data", AT_REMOVEDIR)',
    'daemon.unlinkat(AT_FDCWD, "/r/volumes/data", AT_REMOVEDIR)',
  ]);
  const there = recordingKernel({});
  await step!.undo!(there, { volume: fakeVolume('data'), volumes: fakeVolumes('/r', ['data']) });
  assert.equal(there.calls, [], 'a volume that exists is never taken back');
});

test('a volume that a container has is not removed', async () => {
  const k = recordingKernel({});
  const volumes = fakeVolumes('/r', ['data'], { data: ['c1', 'c2'] });
  const error = await runSteps(k, { volume: fakeVolume('data'), volumes }, removal).then(
    () => undefined,
    (thrown: Error & { status: number }) => thrown,
  );
  assert.equal([error?.status, error?.message], [409, 'remove data: volume is in use - [c1, c2]']);
  assert.equal(k.calls, []);
  assert.equal(removal.steps[0]!.id, 'volume-remove.check-users');
});

test('a volume leaves the list by a rename, and then its files are deleted', async () => {
  const k = recordingKernel({});
  const volumes = fakeVolumes('/r', ['data']);
  const made = await runSteps(k, { volume: fakeVolume('data'), volumes }, removal);
  const removed = '/r/volumes/.removed-1-data';
  assert.equal(made['volume-remove.detach'], [
    `daemon.renameat2(AT_FDCWD, "/r/volumes/data", AT_FDCWD, "${removed}", 0)`,
  ]);
  assert.equal(made['volume-remove.delete-files'], [`daemon.removeTree("${removed}")`]);
  assert.is(volumes.find('data'), undefined);
});

test.run();
