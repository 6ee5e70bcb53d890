/**
 * `npm run bench:pairs OTHER [PAIRS]`: starts with this build and with another one (OTHER is its dist/drydock.js), in
 * pairs, so that a slow period of the machine affects both. It prints figures and asserts nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FLAGS } from '../../runtime/cli/client/autostart.ts';
import { Daemon } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { missing } from '../harness.ts';
import { figure, timed } from './measure.ts';

const [other, count = '1000'] = process.argv.slice(2);
if (!other) throw new Error('usage: npm run bench:pairs PATH/dist/drydock.js [PAIRS]');
const lacks = missing(...needs);
if (lacks) throw new Error(`the bench ${lacks}`);
await ownRoom(preparedImages);

const pairs = Number(count);
/** In milliseconds. The kernel deletes the network namespace of the last container in this time. */
const PAUSE = 60;
const registry = await cachedRegistry();
const flags = ['--registry-mirror', `http://${registry.host}`];
const daemons: Daemon[] = [];

async function start(daemon: Daemon, network: string): Promise<void> {
  const request = { Image: 'ubuntu', Cmd: ['true'], HostConfig: { NetworkMode: network, AutoRemove: true } };
  const { Id } = JSON.parse((await daemon.api('POST', '/containers/create', request)).body) as { Id: string };
  const gone = daemon.api('POST', `/containers/${Id}/wait?condition=removed`);
  const { status, body } = await daemon.api('POST', `/containers/${Id}/start`);
  if (status !== 204) throw new Error(`start: ${status} ${body}`);
  await gone;
}

try {
  for (const script of [undefined, other]) {
    const daemon = new Daemon(flags, NODE_FLAGS, process.execPath, script);
    daemons.push(await daemon.start());
    await daemon.api('POST', '/images/create?fromImage=ubuntu&tag=latest');
    for (let warm = 0; warm < 50; warm++) await start(daemon, 'bridge');
  }
  const [ours, theirs] = daemons as [Daemon, Daemon];
  for (const network of ['bridge', 'none']) {
    const times: [number[], number[]] = [[], []];
    for (let pair = 0; pair < pairs; pair++)
      for (const which of pair % 2 ? ([0, 1] as const) : ([1, 0] as const)) {
        await sleep(PAUSE);
        times[which].push(await timed(() => start(which ? theirs : ours, network)));
      }
    const [mine, its] = [figure(times[0]).median, figure(times[1]).median];
    const difference = figure(times[0].map((time, pair) => time - times[1][pair]!)).median;
    console.log(
      `create, start, wait, remove, network ${network}, ${pairs} pairs: ${mine.toFixed(2)} ms here, ` +
        `${its.toFixed(2)} ms there; ratio ${(mine / its).toFixed(3)}, median difference ${difference.toFixed(2)} ms`,
    );
  }
} finally {
  for (const daemon of daemons) await daemon.close();
  await registry.close();
}
