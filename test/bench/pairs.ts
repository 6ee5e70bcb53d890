/**
 * `npm run bench:pairs ROUNDS OTHER …`: starts with this build and with others (each OTHER is a dist/drydock.js), one
 * of each in turn, so that a slow period of the machine affects all. It prints figures and asserts nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FLAGS } from '../../runtime/cli/client/autostart.ts';
import { Daemon } from '../e2e/daemon.ts';
import { preparedImages } from '../e2e/image.ts';
import { cachedRegistry } from '../e2e/registry.ts';
import { needs, ownRoom } from '../e2e/room.ts';
import { missing } from '../harness.ts';
import { figure } from './measure.ts';

const [rounds, ...others] = process.argv.slice(2);
if (!(Number(rounds) > 0) || !others.length)
  throw new Error('usage: npm run bench:pairs ROUNDS PATH/dist/drydock.js [PATH/dist/drydock.js ...]');
const lacks = missing(...needs);
if (lacks) throw new Error(`the bench ${lacks}`);
await ownRoom(preparedImages);

/** In milliseconds. The kernel deletes the network namespace of the last container in this time. */
const PAUSE = 60;
const registry = await cachedRegistry();
const flags = ['--registry-mirror', `http://${registry.host}`];
const daemons: Daemon[] = [];

/** The parts of a start, in milliseconds: create, start, and the time from then until the container is removed. */
async function start(daemon: Daemon, network: string): Promise<number[]> {
  const request = { Image: 'ubuntu', Cmd: ['true'], HostConfig: { NetworkMode: network, AutoRemove: true } };
  const times = [performance.now()];
  const { Id } = JSON.parse((await daemon.api('POST', '/containers/create', request)).body) as { Id: string };
  times.push(performance.now());
  const gone = daemon.api('POST', `/containers/${Id}/wait?condition=removed`);
  const { status, body } = await daemon.api('POST', `/containers/${Id}/start`);
  if (status !== 204) throw new Error(`start: ${status} ${body}`);
  times.push(performance.now());
  await gone;
  times.push(performance.now());
  return times.slice(1).map((time, n) => time - times[n]!);
}
const PARTS = ['create', 'start', 'end and removal'];

try {
  for (const script of [undefined, ...others]) {
    const daemon = new Daemon(flags, NODE_FLAGS, process.execPath, script);
    daemons.push(await daemon.start());
    await daemon.api('POST', '/images/create?fromImage=ubuntu&tag=latest');
    for (let warm = 0; warm < 50; warm++) await start(daemon, 'bridge');
  }
  for (const network of ['bridge', 'none']) {
    const samples = daemons.map((): number[][] => []);
    for (let round = 0; round < Number(rounds); round++)
      for (let turn = 0; turn < daemons.length; turn++) {
        // each of them comes first, second … equally often
        const which = (round + turn) % daemons.length;
        await sleep(PAUSE);
        samples[which]!.push(await start(daemons[which]!, network));
      }
    console.log(`network ${network}, ${rounds} rounds; in brackets: the median difference to this build`);
    const whole = (sample: number[]): number => sample.reduce((sum, part) => sum + part);
    for (const [what, of] of [
      ['all', whole] as const,
      ...PARTS.map((part, n) => [part, (sample: number[]) => sample[n]!] as const),
    ])
      for (const [n, script] of ['this build', ...others].entries()) {
        const { median } = figure(samples[n]!.map(of));
        const ratio = figure(samples[0]!.map(of)).median / median;
        const difference = figure(samples[n]!.map((sample, round) => of(sample) - of(samples[0]![round]!))).median;
        console.log(
          `  ${what.padEnd(16)} ${median.toFixed(2).padStart(7)} ms (${difference.toFixed(2)}), ` +
            `ratio ${ratio.toFixed(3)}  ${script}`,
        );
      }
  }
} finally {
  for (const daemon of daemons) await daemon.close();
  await registry.close();
}
