/**
 * Tests that every undo works. At every step of real runs, and at every system call in it, the call fails, the run is
 * aborted, or the daemon is killed. Nothing may stay that was not there before, and rm must remove the container.
 *
 * There is a test file for each of the three. DRYDOCK_SWEEP_ONLY selects places by a regular expression ('^terminal:
 * exec'), DRYDOCK_SWEEP_TALK prints each.
 */
import * as assert from 'uvu/assert';
import type { Suite } from '../../harness.ts';
import { atRest } from '../leftovers.ts';
import { site, type Site } from '../site.ts';
import { findPlaces, shown, type Place } from './places.ts';
import { Sweep } from './sweep.ts';
import { prepareWays, ways } from './ways.ts';

export interface Swept {
  test: Suite;
  site: Site;
  places: Place[];
  sweep: Sweep;
}

/** Steps that depend on a flag of the daemon: no-proxy.test.ts. */
const WITHOUT_PROXY = ['network.route-loopback'];

/**
 * Not walked by the sweep yet: the steps of volumes, of cp, of checkpoints, of commit, of save, of load, of verify, of
 * push and of import, and the export of a build's cache. test/e2e/volumes-kept.test.ts kills the daemon at those that
 * make, fill and remove a volume. test/e2e/checkpoint.test.ts test/e2e/commit.test.ts test/e2e/save-load.test.ts and
 * test/e2e/push.test.ts and test/e2e/import.test.ts abort at each.
 */
const NOT_WALKED = new RegExp(
  '^(reach|cp|checkpoint|commit|save|load|verify|push|import|volume-create|volume-remove)\\.|' +
    '^build\\.export-cache$|^init\\.restore-|^rw-layer\\.(make-volumes|copy-up)$|^remove\\.anonymous-volumes$|' +
    // a parent link has to be there: network-macvlan.test.ts
    '^network\\.(ensure-parent|create-macvlan|create-ipvlan)$',
);

/** network.test.ts and build.test.ts walk them. */
const WALKED_ELSEWHERE = /^(network-create|network-remove|disconnect|build)\.(?!export-cache)/;

/** `flags` are passed to the daemon. `only`: the one way to walk, for steps that depend on a flag. */
export async function sweepSite(title: string, flags: string[] = [], only?: string): Promise<Swept> {
  const s = await site(title, { images: ['tiny'], flags });
  const swept = { test: s.test, site: s, places: [] as Place[] } as Swept;
  s.test('real runs go through every step, and their journals show every call', async () => {
    const d = s.daemon;
    // its ports make what all published ports share, so that each later start makes the same calls
    const ports = only === 'published' ? ['-p', '18089:80'] : [];
    await d.ok('run', '-d', '--name', 'neighbour', ...ports, 'tiny', 'sleep', '1000');
    await prepareWays(d);
    swept.places = await findPlaces(
      d,
      ways.filter(({ name }) => only === undefined || name === only),
    );
    const seen = new Set(swept.places.map(({ step }) => step));
    const all = (await d.json<{ steps: { id: string }[] }[]>('/drydock/phases')).flatMap(({ steps }) =>
      steps.map(({ id }) => id),
    );
    const steps =
      only === undefined
        ? all.filter((step) => !WITHOUT_PROXY.includes(step) && !NOT_WALKED.test(step) && !WALKED_ELSEWHERE.test(step))
        : WITHOUT_PROXY;
    assert.equal(
      steps.filter((step) => !seen.has(step)),
      [],
      'steps that no run showed',
    );
    const calls = swept.places.filter(({ call }) => call).length;
    assert.ok(calls > 300, `only ${calls} calls`);
    console.log(`${seen.size} steps: ${swept.places.length - calls} places before a step, ${calls} before a call`);
    swept.places = swept.places.filter((place) =>
      new RegExp(process.env['DRYDOCK_SWEEP_ONLY'] ?? '').test(shown(place)),
    );
    swept.sweep = new Sweep(d, await atRest(d));
  });
  return swept;
}
