/**
 * The rollback fails too: at every system call of real rollbacks. `npm run sweep` combines each call with every errno
 * and every fate; the tests take one combination for each call in turn. DRYDOCK_SWEEP_ONLY and DRYDOCK_SWEEP_TALK: see
 * site.ts.
 */
import * as assert from 'uvu/assert';
import { atRest } from '../leftovers.ts';
import { site } from '../site.ts';
import { recover } from './sweep.ts';
import { errnos, type Fate, fates, sweepUndo } from './undo.ts';
import { findUndoPlaces, shownUndo, type UndoPlace } from './undo-places.ts';
import { prepareWays } from './ways.ts';

const all = process.env['DRYDOCK_SWEEP'] === 'all';
const s = await site('the sweep: failing undos', { images: ['tiny'] });
const every: readonly Fate[] = [
  ...fates.filter((fate) => fate !== 'kill').flatMap((fate) => errnos.map((errno) => ({ fate, errno }))),
  { fate: 'kill', errno: 'EIO' },
];
const replaces = ({ fate }: Fate) => fate === 'daemon' || fate === 'kill';
let places: UndoPlace[] = [];

s.test('real runs are taken back, and their journals show every call of it', async () => {
  await s.daemon.ok('run', '-d', '--name', 'neighbour', 'tiny', 'sleep', '1000');
  await prepareWays(s.daemon);
  places = await findUndoPlaces(s.daemon);
  assert.ok(places.length > 30, `only ${places.length} calls`);
  console.log(`${new Set(places.map(({ step }) => step)).size} undos: ${places.length} calls`);
});

s.test(
  'a call of an undo that fails leaves nothing that a second try, rm or the next daemon does not take, and the error names it',
  async () => {
    const wanted = new RegExp(process.env['DRYDOCK_SWEEP_ONLY'] ?? '');
    const cases = places
      .flatMap((place, j) => (all ? every : [every[j % every.length]!]).map((fate) => ({ place, fate })))
      .filter(({ place }) => wanted.test(shownUndo(place)))
      // A new daemon has other descriptors, so cases that replace the daemon come last.
      .sort((a, b) => Number(replaces(a.fate)) - Number(replaces(b.fate)));
    const before = await atRest(s.daemon);
    const failures: string[] = [];
    let reached = 0;
    for (const { place, fate } of cases) {
      if (failures.length >= 5) break;
      const since = Date.now();
      reached += Number(
        await sweepUndo(s.daemon, before, place, fate).catch(async (error: Error) => {
          console.log(`NOT CLEAN ${shownUndo(place)}, ${fate.fate} ${fate.errno}: ${error.message}`);
          failures.push(
            `${shownUndo(place)}, ${fate.fate} ${fate.errno}: ${error.message} ${'details' in error ? String(error.details) : ''}`,
          );
          await recover(s.daemon).catch(() => undefined);
          return true;
        }),
      );
      if (process.env['DRYDOCK_SWEEP_TALK'])
        console.log(`undo ${shownUndo(place)} ${fate.fate} ${fate.errno} ${Date.now() - since} ms`);
    }
    console.log(
      `undo: ${reached} of ${cases.length} cases came to their call, at ${places.length} calls; ${failures.length} of them not clean`,
    );
    assert.ok(reached > cases.length / 2, `only ${reached} of ${cases.length} cases came to their call`);
    assert.equal(failures, []);
  },
);

s.test.run();
