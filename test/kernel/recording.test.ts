import * as assert from 'uvu/assert';
import { readAll } from '../../runtime/image/registry/http-body.ts';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { suite } from '../harness.ts';
import { answerOf } from './http-answer.ts';

const test = suite('recording kernel');
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as { code?: string; message: string },
  );

test('calls are kept in the order in which they were made, whoever made them', async () => {
  const k = recordingKernel();
  await k.daemon.umask(0o22);
  await k.spawnShim([1, 2], 'x');
  await k.stage.mount('proc', '/proc', 'proc', 2, null);
  await k.run({ actor: 'shim', name: 'release', args: [], note: 'n' });
  await k.removeTree('/x');
  assert.equal(k.calls, [
    'daemon.umask(022)',
    'daemon.spawnShim(2)',
    'stage.mount("proc", "/proc", "proc", MS_NOSUID, NULL)',
    'shim.release()',
    'daemon.removeTree("/x")',
  ]);
  assert.is(k.raw[3]?.note, 'n');
});

test('what opens a descriptor gets a new number each time', async () => {
  const k = recordingKernel();
  const fds = [
    await k.daemon.openat(-100, '/a', 0, 0),
    await k.stage.fsopen('overlay', 1),
    await k.daemon.pidfd_open(1, 0),
    await k.executable('stage'),
  ];
  assert.is(new Set(fds).size, 4);
});

test("answers are numbers, bytes, or functions of the call, the actor's own first", async () => {
  const k = recordingKernel({
    answers: {
      getpid: 7,
      'stage.getpid': 8,
      read_file: ({ args }) => Buffer.from(`of ${String(args[0])}`),
      spawnShim: () => 99,
      statx: Buffer.alloc(3),
    },
  });
  assert.equal(
    [
      await k.shim.getpid(),
      await k.stage.getpid(),
      (await k.daemon.read_file('/a', 9)).toString(),
      await k.spawnShim([], 'x'),
      (await k.stage.statx(1, '', 0, 0, 3)).length,
    ],
    [7, 8, 'of /a', 99, 3],
  );
});

test('a call fails by its number or its name, once', async () => {
  const byNumber = recordingKernel({ fail: { at: 1, errno: 'EIO' } });
  await byNumber.daemon.umask(0);
  assert.is((await failure(byNumber.daemon.umask(0))).code, 'EIO');
  await byNumber.daemon.umask(0);
  for (const at of ['mount', 'stage.mount']) {
    const k = recordingKernel({ fail: { at, errno: 'EPERM' } });
    assert.is((await failure(k.stage.mount('a', 'b', 'c', 0, null))).code, 'EPERM');
    await k.stage.mount('a', 'b', 'c', 0, null);
    assert.is(k.calls.length, 2, 'the failed one is kept too');
  }
});

test('what is no system call fails like one', async () => {
  for (const [at, make] of [
    ['spawnShim', (k) => k.spawnShim([], '')],
    ['job', (k) => k.job('unpack', {})],
    ['fetch', (k) => k.fetch('http://x/')],
    ['removeTree', (k) => k.removeTree('/x')],
  ] as [string, (k: ReturnType<typeof recordingKernel>) => Promise<unknown>][]) {
    assert.is((await failure(make(recordingKernel({ fail: { at, errno: 'EIO' } })))).code, 'EIO');
  }
});

test('what it was not told to answer is an error that says so', async () => {
  const k = recordingKernel();
  assert.match((await failure(k.fetch('http://x/'))).message, 'was not told what to answer for http://x/');
  assert.match((await failure(k.job('unpack', {}))).message, 'was not told how to do the job unpack');
});

test('jobs, answers of registries and facts go where the test says', async () => {
  const k = recordingKernel({ jobs: { add: (input) => (input as number) + 1 }, fetch: async (url) => answerOf(url) });
  k.fact({ kind: 'file', key: 'a', value: 'b' });
  assert.equal(
    [
      await k.job('add', 1),
      (await readAll(await k.fetch('http://x/', { method: 'HEAD' }), 100, 'it')).toString(),
      k.facts.length,
    ],
    [2, 'http://x/', 1],
  );
  assert.equal(k.calls, ['daemon.job("add")', 'daemon.fetch("HEAD", "http://x/")']);
});

test.run();
