/** A client that pulls or is attached ends by Ctrl-C or by SIGKILL. */
import * as assert from 'uvu/assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { clients } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('clients that are interrupted', { images: ['tiny'] });
const d = () => s.daemon;
let before: Record<string, string[]>;
s.test.before(async () => {
  await d().ok('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
});

s.test('a pull that is interrupted leaves nothing of the image, and the next one gets it', async () => {
  await d().removeAll();
  await d().ok('rmi', 'tiny');
  for (const client of clients) {
    for (const ms of [40, 90, 140, 190]) {
      const running = d().begin(client, 'pull', 'ubuntu');
      await sleep(ms);
      running.kill('SIGINT');
      await running.done;
      if ((await d().api('GET', '/images/ubuntu/json')).status === 200) await d().ok('rmi', 'ubuntu');
    }
  }
  await until('nothing is stored', async () => (await d().json<{ LayersSize: number }>('/system/df')).LayersSize === 0);
  assert.equal(await d().json('/images/json?all=1'), []);
  await d().ok('pull', '-q', 'tiny');
  assert.is(await d().ok('run', '--rm', 'tiny', '/bin/busybox', 'cat', '/etc/second'), 'second');
});

s.test(
  'an attached client that is killed leaves the container to itself, and kill -9 of a run -it to nobody',
  async () => {
    await d().ok('run', '-d', '--name', 'stays', 'tiny', 'sleep', '1000');
    const attached = d().begin('docker', 'attach', 'stays');
    await sleep(100);
    attached.kill('SIGKILL');
    await attached.done;
    assert.is((await d().json<{ State: { Running: boolean } }>('/containers/stays/json')).State.Running, true);
    await d().ok('rm', '-f', 'stays');
    await sameAs(before, d());
  },
);

s.test.run();
