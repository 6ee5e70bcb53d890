/**
 * Starts, execs, pauses and removals are in the list of operations; their events are stored in the container's journal.
 */
import * as assert from 'uvu/assert';
import type { Event } from '../../runtime/journal/event.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('operations of a container', { images: [] });
const d = () => s.daemon;
interface Shown {
  id: string;
  kind: string;
  parent?: string;
  subject: { kind: string; name: string; id?: string };
  state: string;
  error: string;
}
const all = () => d().json<Shown[]>('/drydock/operations');
const of = async (name: string) =>
  (await all()).filter(({ subject }) => subject.kind === 'container' && subject.name === name).reverse();
const journalOf = async (id: string): Promise<Event[]> =>
  (await d().api('GET', `/drydock/operations/${id}/journal`)).body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
const phasesIn = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'phase' && event.at === 'done' ? [event.phase] : []));

s.test(
  'a start is one, and the pull in it is its child; each has its own part of the journal, counted from 0',
  async () => {
    const { status, body } = await d().api('POST', '/containers/create?pull=missing&name=walked', {
      Image: 'tiny',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'none' },
    });
    assert.is(status, 201, body);
    assert.is((await d().api('POST', '/containers/walked/start')).status, 204);
    const [start, pull, ...none] = await of('walked');
    assert.equal([start?.kind, pull?.kind, pull?.parent, none.length], ['start', 'pull', start?.id, 0]);
    const own = await journalOf(start!.id);
    assert.equal(
      own.map(({ seq }) => seq),
      own.map((_, j) => j),
    );
    assert.equal(phasesIn(own), ['pull', 'create', 'rw-layer', 'network', 'init']);
    assert.equal(phasesIn(await journalOf(pull!.id)), ['pull']);
  },
);

s.test("pause, unpause and exec follow, and the container's own journal has all of it as before", async () => {
  await d().ok('pause', 'walked');
  await d().ok('unpause', 'walked');
  const id = (JSON.parse((await d().api('POST', '/containers/walked/exec', { Cmd: ['true'] })).body) as { Id: string })
    .Id;
  assert.is((await d().api('POST', `/exec/${id}/start`, { Detach: true })).status, 200);
  const [, , pause, unpause, exec] = await of('walked');
  assert.equal([pause?.kind, unpause?.kind, exec?.kind, exec?.id], ['pause', 'unpause', 'exec', id]);
  assert.equal(phasesIn(await journalOf(pause!.id)), ['pause']);
  assert.equal(phasesIn(await journalOf(unpause!.id)), ['unpause']);
  await until('the exec has been executed', async () => phasesIn(await journalOf(id)).includes('exec'));
  assert.ok((await journalOf(id)).every(({ run }) => run === `exec-${id.slice(0, 12)}`));
  const whole = (await d().ok('trace', '--json', 'walked')).split('\n').map((line) => JSON.parse(line) as Event);
  assert.equal(
    ['init', 'pause', 'unpause', 'exec'].filter((phase) => !phasesIn(whole).includes(phase)),
    [],
  );
  assert.match(await d().ok('trace', pause!.id.slice(0, 12)), /pause/i);
  assert.match(await d().ok('operations'), /exec +walked +done/);
});

s.test('one that stands is moved on by its own id, and follows to its end', async () => {
  await d().ok('create', '--name', 'standing', '--network', 'none', 'tiny', 'true');
  const starting = d().api('POST', '/drydock/containers/standing/start?break=init.execve');
  const { id } = await until('it stands', async () => (await of('standing'))[0]);
  await until('at its last step', async () =>
    (await journalOf(id)).some((event) => event.type === 'gate' && event.step === 'init.execve'),
  );
  assert.is((await of('standing'))[0]!.state, 'begun');
  const following = d().begin('drydock', 'trace', '-f', '--json', id);
  assert.is((await d().cli('gate', id.slice(0, 12), 'continue')).code, 0);
  assert.is((await starting).status, 204);
  const { code, out } = await following.done;
  assert.is(code, 0, 'the follower ended with the operation');
  assert.ok(
    phasesIn(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Event),
    ).includes('init'),
  );
  assert.match((await d().cli('gate', id, 'next')).err, /is over: it is done/);
});

s.test('a start that fails says why, and all of them outlive the daemon and go with their container', async () => {
  await d().ok('create', '--name', 'failing', '--network', 'none', 'tiny', '/nope');
  assert.is((await d().api('POST', '/containers/failing/start')).status, 400);
  const [failed] = await of('failing');
  assert.equal([failed?.state, /\/nope/.test(failed?.error ?? '')], ['failed', true], failed?.error);
  await d().api('DELETE', '/containers/failing');
  assert.is((await d().api('GET', `/drydock/operations/${failed!.id}`)).status, 404);
  const before = (await of('walked')).map(({ id, kind }) => `${kind} ${id}`);
  await d().kill9();
  await d().start();
  const after = (await of('walked')).map(({ id, kind }) => `${kind} ${id}`);
  assert.equal(
    before.filter((one) => one.startsWith('start') && !after.includes(one)),
    [],
  );
  assert.ok((await journalOf((await of('walked'))[0]!.id)).length > 50);
  await d().api('DELETE', '/containers/walked?force=1');
  assert.equal(await of('walked'), []);
});

s.test.run();
