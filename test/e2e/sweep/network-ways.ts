/**
 * The sweep over making and removing a network, and over connecting and disconnecting a running container, for one
 * kind of networks. DRYDOCK_SWEEP_ONLY selects places by a regular expression.
 */
import * as assert from 'uvu/assert';
import type { Daemon } from '../daemon.ts';
import { atRest, leftovers } from '../leftovers.ts';
import { type Site, site } from '../site.ts';
import { until } from '../../until.ts';
import { toAbort, toFail, toKill } from './chosen.ts';
import { findNetworkPlaces, shownPlace, sweepNetwork, type NetworkPlace, type NetworkWay } from './network-sweep.ts';

/** What is special about the networks that are swept. */
export interface SweptNetworks {
  title: string;
  /** the request for a network, one of NAMES, without its name */
  asked?: (name: string) => object;
  /** the addresses of one endpoint */
  leases?: number;
  /** the steps that each operation has at least */
  fewest?: number;
}
export const NAMES = ['swept', 'one', 'two', 'leaving'] as const;
type Asked = Required<Pick<SweptNetworks, 'asked' | 'leases'>>;

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
const make = (d: Daemon, { asked }: Asked, Name: string) =>
  good(d, 'POST', '/networks/create', { Name, ...asked(Name) });

const create = ({ asked }: Asked): NetworkWay => ({
  kind: 'network-create',
  body: { Name: 'swept', ...asked('swept') },
  bring: async () => undefined,
  clear: (d) => gone(d, '/networks/swept'),
  check: async (d, state) => {
    assert.is((await d.api('GET', '/networks/swept')).status, state === 'done' ? 200 : 404);
  },
});

/** A running container on `two`; and on `one`, when that is to be left. */
const running = (it: Asked, more: (d: Daemon) => Promise<unknown>) => async (d: Daemon) => {
  for (const name of ['one', 'two']) await make(d, it, name);
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
/** Either it is on the network, with a link and its addresses, or nothing of it is there. */
const whole = async (d: Daemon, { leases }: Asked) => {
  const { State, NetworkSettings } = await d.json<{
    State: { Status: string; Pid: number };
    NetworkSettings: { Networks: Record<string, { IPAddress: string; GlobalIPv6Address: string }> };
  }>('/containers/cc/json');
  assert.is(State.Status, 'running');
  const names = Object.keys(NetworkSettings.Networks);
  await until(
    `${names.length * leases} leases for ${names.join(', ')}`,
    () => leftovers(d)['leases']!.length === names.length * leases,
  );
  for (const { IPAddress, GlobalIPv6Address } of Object.values(NetworkSettings.Networks))
    assert.is([IPAddress, GlobalIPv6Address].filter((address) => address !== '').length, leases);
  return names.includes('one');
};

const connect = (it: Asked): NetworkWay => ({
  kind: 'network-connect',
  body: { Network: 'one', Container: 'cc' },
  bring: running(it, async () => undefined),
  clear: clearAll,
  check: async (d, state) => assert.is(await whole(d, it), state === 'done', 'connected, or not at all'),
});
const disconnect = (it: Asked): NetworkWay => ({
  kind: 'network-disconnect',
  body: { Network: 'one', Container: 'cc' },
  bring: running(it, (d) => good(d, 'POST', '/networks/one/connect', { Container: 'cc' })),
  clear: clearAll,
  check: async (d) => void (await whole(d, it)),
});

const remove = (it: Asked): NetworkWay => ({
  kind: 'network-remove',
  body: { Network: 'leaving' },
  bring: async (d) => void (await make(d, it, 'leaving')),
  clear: (d) => gone(d, '/networks/leaving'),
  // a failed or aborted removal leaves the network; the next daemon goes on with one in whose middle it was killed
  check: async (d, state) => {
    const { status } = await d.api('GET', '/networks/leaving');
    if (state !== 'killed') assert.is(status, state === 'done' ? 404 : 200);
  },
});

const choose = { fail: toFail<NetworkPlace>, abort: toAbort<NetworkPlace>, kill: toKill<NetworkPlace> };

/** A site with the tests; the caller runs them. */
export async function sweptNetworks({
  title,
  asked = () => ({}),
  leases = 1,
  fewest = 4,
}: SweptNetworks): Promise<Site> {
  const s = await site(title, { images: ['tiny'] });
  const it: Asked = { asked, leases };
  const entering = connect(it);
  let before: Record<string, string[]>;
  for (const way of [create(it), remove(it), entering, disconnect(it)]) {
    let places: NetworkPlace[] = [];
    s.test(`${way.kind}: every step has its place`, async () => {
      await good(s.daemon, 'POST', '/containers/create?name=first', { Image: 'tiny', Cmd: ['true'] });
      await good(s.daemon, 'POST', '/containers/first/start');
      await gone(s.daemon, '/containers/first?force=1');
      // the program of the name servers is made once for a daemon
      await entering.bring(s.daemon);
      await entering.clear(s.daemon);
      before ??= await atRest(s.daemon);
      places = await findNetworkPlaces(s.daemon, way);
      assert.ok(places.filter(({ call }) => !call).length >= fewest, places.map(shownPlace).join(', '));
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
  return s;
}
