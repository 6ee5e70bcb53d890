import * as assert from 'uvu/assert';
import { RERUN_AT, RERUN_OF } from '../../runtime/container/rerun.ts';
import type { Listed } from '../../server/live/protocol.ts';
import { suite } from '../harness.ts';
import { Caller } from './caller.ts';
import { Site } from './visitor.ts';

const test = suite('playground: branches of a run');
let site: Site;
let caller: Caller;
test.before(async () => {
  site = await new Site().open();
  caller = await Caller.call(site);
});
test.after(() => site.close());
const listed = (name: (row: Listed) => boolean) =>
  caller.until(({ seen }) => seen.flatMap((one) => (one.type === 'containers' ? one.list : [])).find(name));

test('what can be left out is told with what there is to see', async () => {
  const list = await caller.ask('omissions', {});
  assert.ok(list.some(({ id }) => id === 'pid-namespace'));
  for (const { title, see, steps } of list) assert.ok(title && see && steps.length);
});

test('what was left out stands in the list', async () => {
  const { id } = await caller.ask('run', {
    line: 'run --name loose --leave-out seccomp,pid-namespace ubuntu',
    step: false,
    break: [],
  });
  assert.equal((await listed((row) => row.id === id)).unsafe, ['seccomp', 'pid-namespace']);
});

test('again is the same request with where it comes from, stays, and stands before the step', async () => {
  const first = await caller.ask('run', {
    line: 'run --rm -it --name first -e A=b -l mine=1 ubuntu sleep 5',
    step: false,
    break: [],
  });
  const second = await caller.ask('again', { id: first.id, at: 'init.pivot-root' });
  const [request, options] = site.engine.requests.at(-1)!;
  const [before] = site.engine.requests.at(-2)!;
  assert.equal({ ...request, Labels: null, HostConfig: null }, { ...before, Labels: null, HostConfig: null });
  assert.equal(
    [request.Labels, request.HostConfig.AutoRemove, before.HostConfig.AutoRemove],
    [{ mine: '1', [RERUN_OF]: first.id, [RERUN_AT]: 'init.pivot-root' }, false, true],
  );
  assert.equal(options, { pull: 'missing' });
  assert.equal(site.engine.container(second.id).gates, [{ mode: 'run', breakpoints: ['init.pivot-root'] }]);
  assert.equal((await listed((row) => row.id === second.id)).branch, {
    of: first.id,
    name: 'first',
    at: 'init.pivot-root',
  });
});

test('again at a step of the pull stands behind the pull when there is nothing to fetch', async () => {
  const { id } = await caller.ask('again', { id: 'first', at: 'pull.fetch-manifest' });
  assert.equal(site.engine.container(id).gates, [{ mode: 'run', breakpoints: ['pull.fetch-manifest', 'create'] }]);
});

test('again at what is no step is refused', async () => {
  for (const at of ['mount', 'create', 'nowhere', ''])
    assert.is((await caller.say({ topic: 'again', id: 'first', at })).type, 'refused', at);
});

test('a journal comes whole under its key, and the answer after it', async () => {
  const { events } = await caller.ask('journal', { id: 'first', key: 7 });
  const told = caller.seen.flatMap((one) => (one.type === 'journal' && one.key === 7 ? one.events : []));
  assert.ok(events > 0);
  assert.equal(
    told.map(({ seq }) => seq),
    Array.from({ length: events }, (_, j) => j),
  );
  assert.is((await caller.say({ topic: 'journal', id: 'nobody', key: 1 })).type, 'refused');
});

test.run();
