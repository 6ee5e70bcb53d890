/**
 * Root file systems on a kernel before 6.5, which has no lowerdir+: one mount(2) whose options must fit into a page.
 */
import * as assert from 'node:assert/strict';
import { release } from 'node:os';
import { type Check } from './check.ts';
import { client, run, sh } from './daemon.ts';
import { MOST_LAYERS } from './images.ts';

const before65 = () => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major < 6 || (major === 6 && minor < 5);
};

export const roots: Check[] = [
  {
    name: `an image of ${MOST_LAYERS} layers is pulled`,
    run: async () => {
      for await (const _line of client.lines('POST', '/images/create', {
        query: { fromImage: 'deep', tag: 'latest' },
      }));
    },
  },
  {
    name: 'the highest of many layers wins, and all of them are seen',
    run: async () => {
      const { code, out, events } = await run({
        Image: 'deep',
        Cmd: ['sh', '-c', 'cat /etc/top; ls /layers | wc -l; echo x >/etc/top; rm /layers/5; ls /layers | wc -l'],
      });
      assert.deepEqual([code, out], [0, `${MOST_LAYERS}\n${MOST_LAYERS - 1}\n${MOST_LAYERS - 2}\n`]);
      const calls = events.flatMap((e) => (e.type === 'call' && e.step === 'rw-layer.mount-overlay' ? [e] : []));
      const mount = calls.find((e) => e.name === 'mount');
      assert.equal(mount !== undefined, before65(), calls.map((e) => `${e.name} ${e.errno ?? ''}`).join('\n'));
    },
  },
  {
    name: 'a read-only root, a tmpfs and a volume',
    run: async () => {
      const { out } = await sh('touch /x 2>&1; touch /scratch/x && echo tmpfs; touch /in/y 2>&1; ls /in', {
        ReadonlyRootfs: true,
        Tmpfs: { '/scratch': 'size=1m' },
        Binds: ['/drydock:/in:ro'],
      });
      assert.match(out, /Read-only file system\ntmpfs\n.*Read-only file system\n[\s\S]*guest\.js/);
    },
  },
  {
    name: 'what is hidden of /proc is hidden',
    run: async () =>
      assert.match(
        (await sh('cat /proc/kcore | wc -c; (echo 1 >/proc/sys/kernel/panic) 2>&1')).out,
        /^0\n.*Read-only file system/,
      ),
  },
];
