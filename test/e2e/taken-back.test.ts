/** What a dead daemon or a failed undo left behind is removed by the next daemon, the next start, or rm. */
import * as assert from 'uvu/assert';
import { atRest, leftovers, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { Follower } from './sweep/journal.ts';
import { failOn, gate, paused, unwound } from './sweep/undo-places.ts';
import { ways } from './sweep/ways.ts';
import { until } from '../until.ts';

const s = await site('what is taken back later', { images: ['tiny'] });
const d = () => s.daemon;
const plain = ways.find(({ name }) => name === 'plain')!;
let before: Record<string, string[]>;
s.test.before(async () => {
  await d().ok('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
});
const create = async (request: object) =>
  (
    JSON.parse((await d().api('POST', '/containers/create', { Image: 'tiny', Cmd: ['true'], ...request })).body) as {
      Id: string;
    }
  ).Id;

/** Starts the container and lets this undo fail each time. */
async function startThatLeaves(id: string, undo: string): Promise<string> {
  const { follower, done } = await failOn(d(), { way: plain, failing: 'init.execve#1' }, id, `undo:${undo}#1`);
  for (let seen = 0; ;) {
    const event = await follower.until((e) => e.seq > seen && (unwound(e) || paused(e, undo)));
    if (!event || unwound(event)) break;
    seen = event.seq;
    await gate(d(), id, { command: 'fail', errno: 'EIO' });
  }
  follower.close();
  return (await done)?.body ?? '';
}

s.test('a start takes back what the last one could not, and runs', async () => {
  const id = await create({ Cmd: ['sleep', '1000'] });
  assert.match(
    await startThatLeaves(id, 'create.cgroup'),
    /could not be undone: create\.cgroup: .*EIO.*; rm, a start and the daemon's next start try again/,
  );
  assert.ok(
    leftovers(d())['cgroups']!.some((dir) => dir.includes(id)),
    'the group is still there',
  );
  assert.match(
    (await d().json<{ State: { Error: string } }>(`/containers/${id}/json`)).State.Error,
    /could not be undone: create\.cgroup/,
  );
  await d().ok('start', id);
  assert.is((await d().json<{ State: { Error: string } }>(`/containers/${id}/json`)).State.Error, '');
  await d().ok('rm', '-f', id);
  await sameAs(before, d());
});

s.test('trace does not say that everything is undone when it is not', async () => {
  const id = await create({});
  await startThatLeaves(id, 'network.lease-address');
  assert.match(await d().ok('trace', id), /Not everything could be undone/);
  await d().ok('rm', id);
  await sameAs(before, d());
});

s.test('of a run --rm whose daemon is killed in the middle of its start the next daemon leaves nothing', async () => {
  const { descriptors: _, ...kernel } = before;
  for (const at of ['create.cgroup', 'init.execve']) {
    const id = await create({ HostConfig: { AutoRemove: true } });
    const follower = new Follower(d(), id);
    await follower.begun;
    const start = d()
      .api('POST', `/drydock/containers/${id}/start?break=${at}`)
      .catch(() => undefined);
    await follower.until((event) => event.type === 'gate' && event.at === 'paused');
    await d().kill9();
    await start;
    follower.close();
    await d().start();
    await until('it is gone', async () => (await d().json<unknown[]>('/containers/json?all=1')).length === 0);
    await sameAs(kernel, d(), at);
  }
});

s.test.run();
