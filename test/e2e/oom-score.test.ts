import { readFileSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { site } from './site.ts';

const s = await site('whom the kernel ends when memory runs out', { images: ['tiny'] });
// A user's session may have a value like this. The daemon inherits it, and its containers must not.
writeFileSync('/proc/self/oom_score_adj', '100');
const CAP_SYS_RESOURCE = 1n << 24n;
const may =
  (BigInt(`0x${/CapEff:\s+(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`) & CAP_SYS_RESOURCE) !== 0n;

const score = (pid: number | undefined) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
const pidOf = async (name: string) =>
  (JSON.parse(await s.daemon.ok('inspect', name)) as [{ State: { Pid: number } }])[0].State.Pid;
const inside = ['/bin/busybox', 'cat', '/proc/self/oom_score_adj'];

s.test(
  'a container has 0 or what was asked for, and so has what is executed in it, whatever the daemon has',
  async () => {
    await s.daemon.ok('run', '-d', '--name', 'usual', 'tiny', 'sleep', '60');
    await s.daemon.ok('run', '-d', '--name', 'asked', '--oom-score-adj', '321', 'tiny', 'sleep', '60');
    assert.equal([score(await pidOf('usual')), score(await pidOf('asked'))], [0, 321]);
    assert.equal(
      [await s.daemon.ok('exec', 'usual', ...inside), await s.daemon.ok('exec', 'asked', ...inside)],
      ['0', '321'],
    );
    assert.is(await s.daemon.ok('run', '--rm', '--init', 'tiny', ...inside), '0');
  },
);

s.test('daemon and shims are the last to go where that can be set, and as they were where it cannot', async () => {
  assert.equal([score(s.daemon.pid), score(parentOf(await pidOf('usual')))], may ? [-500, -998] : [100, 100]);
  await s.daemon.ok('rm', '-f', 'usual', 'asked');
});

s.test.run();
