/**
 * The sweep over making and removing a network, and over connecting and disconnecting a running container.
 * DRYDOCK_SWEEP_ONLY selects places by a regular expression.
 */
import * as assert from 'uvu/assert';
import type { Daemon } from '../daemon.ts';
import { atRest } from '../leftovers.ts';
import { site } from '../site.ts';
import { toAbort, toFail, toKill } from './chosen.ts';
import { findNetworkPlaces, shownPlace, sweepNetwork, type NetworkPlace, type NetworkWay } from './network-sweep.ts';

const s = await site('the sweep: networks', { images: ['tiny'] });
const wanted = new RegExp(process.env['DRYDOCK_SWEEP_ONLY'] ?? '');

const good = async (d: Daemon, method: string, path: string, body?: object) => {
  const answer = await d.api(method, path, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body}`);
  return answer;
};
const gone = async (d: Daemon, path: string) => {
  const { status, body } = await d.api('DELETE', path);
  assert.ok(status < 300 || status === 404, `DELETE ${path}: ${status} ${body}`);
};

const create: NetworkWay = {
  kind: 'network-create',
  body: { Name: 'swept' },
  bring: async () => undefined,
  clear: (d) => gone(d, '/networks/swept'),
  check: async (d, state) => {
    assert.is((await d.api('GET', '/networks/swept')).status, state === 'done' ? 200 : 404);
  },
};

/** A running container on `one`; and on `two`, when that is to be left. */
const running = (more: (d: Daemon) => Promise<unknown>) => async (d: Daemon) => {
  for (const Name of ['one', 'two']) await good(d, 'POST', '/networks/create', { Name });
  await good(d, 'POST', '/containers/create?name=cc', {
    Image: 'tiny',
    Cmd: ['sleep', '1000'],
    HostConfig: { NetworkMode: 'two' },
  });
  await good(d, 'POST', '/containers/cc/start');
  await more(d);
};
const clearAll = async (d: Daemon) => {
  await gone(d, '/containers/cc?force=1');
  for (const name of ['one', 'two']) await gone(d, `/networks/${name}`);
};
/** Either it is on the network, with a link and an address, or nothing of it is there. */
const whole = async (d: Daemon) => {
  const { State, NetworkSettings } = await d.json<{
    State: { Status: string; Pid: number };
    NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
  }>('/containers/cc/json');
  assert.is(State.Status, 'running');
  const names = Object.keys(NetworkSettings.Networks);
  const now = await atRest(d);
  assert.is(now['leases']!.length, names.length, `leases ${now['leases']} for ${names}`);
  assert.ok(Object.values(NetworkSettings.Networks).every(({ IPAddress }) => IPAddress !== ''));
  return names.includes('one');
};

const connect: NetworkWay = {
  kind: 'network-connect',
  body: { Network: 'one', Container: 'cc' },
  bring: running(async () => undefined),
  clear: clearAll,
  check: async (d, state) => assert.is(await whole(d), state === 'done', 'connected, or not at all'),
};
const disconnect: NetworkWay = {
  kind: 'network-disconnect',
  body: { Network: 'one', Container: 'cc' },
  bring: running((d) => good(d, 'POST', '/networks/one/connect', { Container: 'cc' })),
  clear: clearAll,
  check: async (d) => void (await whole(d)),
};

const remove: NetworkWay = {
  kind: 'network-remove',
  body: { Network: 'leaving' },
  bring: async (d) => void (await good(d, 'POST', '/networks/create', { Name: 'leaving' })),
  clear: (d) => gone(d, '/networks/leaving'),
  // a failed or aborted removal leaves the network; the next daemon goes on with one in whose middle it was killed
  check: async (d, state) => {
    const { status } = await d.api('GET', '/networks/leaving');
    if (state !== 'killed') assert.is(status, state === 'done' ? 404 : 200);
  },
};

const choose = { fail: toFail<NetworkPlace>, abort: toAbort<NetworkPlace>, kill: toKill<NetworkPlace> };
let before: Record<string, string[]>;
for (const way of [create, remove, connect, disconnect]) {
  let places: NetworkPlace[] = [];
  s.test(`${way.kind}: every step has its place`, async () => {
    await good(s.daemon, 'POST', '/containers/create?name=first', { Image: 'tiny', Cmd: ['true'] });
    await good(s.daemon, 'POST', '/containers/first/start');
    await gone(s.daemon, '/containers/first?force=1');
    // the program of the name servers is made once for a daemon
    await connect.bring(s.daemon);
    await connect.clear(s.daemon);
    before ??= await atRest(s.daemon);
    places = await findNetworkPlaces(s.daemon, way);
    assert.ok(places.filter(({ call }) => !call).length >= 4, places.map(shownPlace).join(', '));
  });
  for (const worst of ['fail', 'abort', 'kill'] as const)
    s.test(`${way.kind}, ${worst}: nothing stays, whichever step or call it is`, async () => {
      const failures: string[] = [];
      for (const place of choose[worst](places).filter((one) => wanted.test(`${way.kind}: ${shownPlace(one)}`)))
        await sweepNetwork(s.daemon, before, way, place, worst).catch(
          (error: Error) =>
            void failures.push(
              `${shownPlace(place)}: ${error.message} ${'details' in error ? String(error.details) : ''}`,
            ),
        );
      assert.equal(failures, []);
    });
}

s.test.run();
