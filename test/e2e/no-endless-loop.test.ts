/**
 * If an undo or a removal keeps failing, the daemon gives up after some tries and tells the client. Before this was
 * fixed, --rm was repeated without end: the client never returned, one processor was fully used, and the journal grew
 * by 20 MB/s.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { Daemon } from './daemon.ts';
import { preparedImages } from './image.ts';
import { pullMade } from './made-image.ts';
import { needs, ownRoom } from './room.ts';
import { until } from '../until.ts';

await ownRoom(preparedImages);
const test = suite('nothing is tried for ever', ...needs);

/** Total size of all journals in bytes. Before the fix it was several megabytes after a second. */
function written({ root }: Daemon): number {
  const containers = join(root, 'containers');
  return readdirSync(containers)
    .flatMap((id) => readdirSync(join(containers, id)).map((name) => join(containers, id, name)))
    .filter((path) => path.endsWith('journal.ndjson') && existsSync(path))
    .reduce((sum, path) => sum + statSync(path).size, 0);
}

/**
 * Milliseconds, longer than the pauses between tries; an endless repetition never leaves the journals unchanged for
 * this time.
 */
const REST_MS = 3000;
const comesToRest = (daemon: Daemon) =>
  until('nothing is tried any more', async () => {
    const before = written(daemon);
    await sleep(REST_MS);
    return written(daemon) === before;
  });

test('a daemon that may not make links: run --rm and run end with the error, and all is still', async () => {
  const daemon = await new Daemon([], ['--bounding-set', '-net_admin', process.execPath], 'setpriv').start();
  try {
    await pullMade(daemon, 'made');
    for (const client of ['drydock', 'docker'] as const)
      for (const flags of [['--rm'], []]) {
        const { code, err } = await daemon.client(client, ['run', ...flags, 'made', 'true'], { seconds: 60 });
        assert.is(code, 125, err);
        assert.match(err, /EPERM|operation not permitted/i, `${client} ${flags.join(' ')}`);
      }
    await comesToRest(daemon);
    assert.is((await daemon.ok('ps', '-aq')).split('\n').length, 2, 'those with --rm have gone');
    assert.is((await daemon.cli('run', '--rm', '--network', 'host', 'made', 'echo', 'fine')).out, 'fine\n');
  } finally {
    await daemon.close();
  }
});

test('a container with --rm that cannot be removed is dead, its client is told why, and rm takes it later', async () => {
  const daemon = await new Daemon().start();
  try {
    await pullMade(daemon, 'made');
    for (const client of ['drydock', 'docker'] as const) {
      const script = 'mkdir /held; echo made; while ! test -e /go; do sleep 0.05; done';
      const running = daemon.begin(client, 'run', '--rm', '--name', 'stuck', 'made', 'sh', '-c', script);
      await until('it runs', () => running.ran.out.includes('made'));
      const { Id } = await daemon.json<{ Id: string }>('/containers/stuck/json');
      const upper = join(daemon.root, 'containers', Id, 'upper');
      // A mount point cannot be removed on any file system.
      execFileSync('mount', ['-t', 'tmpfs', 'held', join(upper, 'held')]);
      try {
        const removed = daemon.api('POST', '/containers/stuck/wait?condition=removed');
        await daemon.ok('exec', 'stuck', 'touch', '/go');
        const { Error: why } = JSON.parse((await removed).body) as { Error: { Message: string } };
        assert.match(why.Message, /EBUSY|resource busy/);
        await running.done;
        const state = async () => (await daemon.json<{ State: { Status: string } }>('/containers/stuck/json')).State;
        assert.is((await state()).Status, 'dead');
        await comesToRest(daemon);
        assert.is((await daemon.api('POST', '/containers/stuck/start')).status, 409);
        assert.is((await daemon.cli('rm', '-f', 'stuck')).code, 1);
      } finally {
        execFileSync('umount', [join(upper, 'held')]);
      }
      await daemon.ok('rm', '-f', 'stuck');
    }
  } finally {
    await daemon.close();
  }
});

test.run();
