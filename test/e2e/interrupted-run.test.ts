/** Ctrl-C at any moment of a run: the exit code reports it and nothing is left behind. */
import * as assert from 'uvu/assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { type Ran, type Running } from './ran.ts';
import { site } from './site.ts';
import { slowRegistry } from './slow-registry.ts';
import { until } from '../until.ts';

const s = await site('runs that are interrupted', { images: ['tiny'] });
const d = () => s.daemon;
let before: Record<string, string[]>;
s.test.before(async () => {
  await d().ok('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
});

/**
 * As process 1 of its pid namespace the program ignores signals without a handler (pid_namespaces(7)); it prints
 * `ready` when it has one.
 */
const program = ['sh', '-c', "trap 'exit 130' INT; echo ready; while :; do sleep 0.02; done"];

/** Presses Ctrl-C, and once more if the first signal arrived before the program had its trap, as a user would. */
async function interrupt(running: Running): Promise<Ran> {
  let over = false;
  const done = running.done.finally(() => (over = true));
  running.kill('SIGINT');
  await until('it ends, or its program is ready', () => over || running.ran.out.includes('ready'));
  if (!over) running.kill('SIGINT');
  return done;
}
/** Before the client has begun to create anything, the signal itself ends it; a shell reports that as 130 as well. */
const shown = ({ code, signal }: Ran) => (signal === 'SIGINT' ? 130 : code);
interface Event {
  type: string;
  at?: string;
  step?: string;
  next?: { name: string };
}
const stands = (name: string) =>
  until(`${name} stands at the gate`, async () => {
    const { code, out } = await d().cli('trace', '--json', name);
    return code === 0 && out.split('\n').some((line) => line && (JSON.parse(line) as Event).type === 'gate');
  });
const names = async () =>
  (await d().json<{ Names: string[] }[]>('/containers/json?all=1')).map(({ Names }) => Names[0]);

s.test('a run --rm that is interrupted after any time leaves nothing', async () => {
  for (let ms = 0; ms <= 500; ms += 20) {
    const running = d().begin('drydock', 'run', '--rm', 'tiny', ...program);
    await sleep(ms);
    const ran = await interrupt(running);
    assert.is(shown(ran), 130, `after ${ms} ms: ${JSON.stringify(ran)}`);
    await sameAs(before, d(), `interrupted after ${ms} ms`);
  }
});

s.test('a detached one either has told its id and runs, or nothing of it is left', async () => {
  for (let ms = 60; ms <= 400; ms += 40) {
    const running = d().begin('drydock', 'run', '-d', '--rm', 'tiny', 'sleep', '1000');
    await sleep(ms);
    running.kill('SIGINT');
    const ran = await running.done;
    // the id was printed, so the container may exist; the signal may also have hit the client while it was exiting
    if (ran.out) await d().ok('rm', '-f', ran.out.trim());
    else assert.equal([shown(ran), ran.out], [130, ''], `after ${ms} ms: ${ran.err}`);
    await sameAs(before, d(), `interrupted after ${ms} ms`);
  }
});

for (const at of ['create.clone3', 'init.execve', 'pull.fetch-layers']) {
  s.test(`a run --rm that stands before ${at} is taken back`, async () => {
    const pulls = at.startsWith('pull.');
    if (pulls) await d().ok('rmi', 'tiny');
    const running = d().begin('drydock', 'run', '--rm', '--name', 'held', '--break', at, 'tiny', ...program);
    await stands('held');
    running.kill('SIGINT');
    const { code, out, err } = await running.done;
    assert.equal([code, out], [130, ''], err);
    assert.match(err, /drydock: interrupted before its process ran; container [0-9a-f]{12} was removed\n$/);
    await until('it is gone', async () => (await names()).length === 0);
    if (pulls) await d().ok('pull', '-q', 'tiny');
    await sameAs(before, d(), at);
  });
}

s.test('without --rm a run whose start is interrupted stays, stopped and with nothing in the kernel', async () => {
  const running = d().begin('drydock', 'run', '--name', 'kept', '--break', 'init.execve', 'tiny', ...program);
  await stands('kept');
  running.kill('SIGINT');
  const { code, err } = await running.done;
  assert.is(code, 130);
  assert.match(err, /interrupted before its process ran; container [0-9a-f]{12} was stopped/);
  assert.equal(await names(), ['/kept']);
  const { containers: _, ...kernel } = before;
  await sameAs(kernel, d());
  await d().ok('rm', 'kept');
  await sameAs(before, d());
});

s.test('an interrupted pull ends the run at once, with --rm and without', async () => {
  for (const flags of [['--rm'], []]) {
    const slow = await slowRegistry(s.registry.host);
    const running = d().begin('drydock', 'run', ...flags, `${slow.host}/library/tiny`, ...program);
    await until('the registry is asked', slow.asked);
    running.kill('SIGINT');
    // The registry never answers, so waiting for the pull would never end.
    const { code, err } = await running.done;
    assert.is(code, 130, err);
    assert.match(err, /drydock: interrupted; no container was made\n$/);
    await slow.close();
    assert.equal(await names(), []);
    await sameAs(before, d());
  }
});

for (const [moment, waits] of [
  ['before the registry answers', () => true],
  ['in the middle of a download', (path: string) => path.includes('/blobs/')],
] as const) {
  s.test(`rm -f and stop end the pull of a start that nothing holds at once, ${moment}`, async () => {
    const slow = await slowRegistry(s.registry.host, waits);
    await d().ok('rmi', 'tiny');
    const image = `${slow.host}/library/tiny`;
    const { Id } = JSON.parse(
      (await d().api('POST', '/containers/create?pull=missing', { Image: image, Cmd: ['sleep', '1000'] })).body,
    ) as { Id: string };
    const aborted = async (ended: Promise<unknown>, start: Promise<Answer>) => {
      await ended;
      const { status, body } = await start;
      assert.is(status, 409, body);
      assert.match(body, /aborted in pull\.[a-z-]+; everything was undone/);
      assert.is((await d().json<{ LayersSize: number }>('/system/df')).LayersSize, 0);
    };
    const start = () => d().api('POST', `/containers/${Id}/start`);
    // The registry never answers, so waiting for the pull would never end.
    const first = start();
    await until('the registry is asked', slow.asked);
    await aborted(d().ok('stop', Id), first);
    assert.match(
      (await d().json<{ State: { Error: string } }>(`/containers/${Id}/json`)).State.Error,
      /aborted in pull/,
    );
    const asked = slow.asked();
    const second = start();
    await until('the second start pulls', () => slow.asked() > asked);
    await aborted(d().ok('rm', '-f', Id), second);
    assert.equal(await names(), []);
    await slow.close();
    await d().ok('pull', '-q', 'tiny');
    await sameAs(before, d());
  });
}

s.test('a start that was cut in its pull can be made again, and runs', async () => {
  const slow = await slowRegistry(s.registry.host);
  const { Id } = JSON.parse(
    (
      await d().api('POST', '/containers/create?pull=missing', {
        Image: `${slow.host}/library/tiny`,
        Cmd: ['sleep', '1000'],
      })
    ).body,
  ) as { Id: string };
  const start = d().api('POST', `/containers/${Id}/start`);
  await until('the registry is asked', slow.asked);
  await d().ok('stop', Id);
  assert.is((await start).status, 409);
  slow.letGo();
  await d().ok('start', Id);
  await d().ok('rm', '-f', Id);
  await d().ok('rmi', `${slow.host}/library/tiny`);
  await slow.close();
  await sameAs(before, d());
});

// docker's client does not remove a container that it created: if it is interrupted between the answer to create and
// the start, the container stays, with any daemon. Even then nothing in the kernel may be left.
s.test("docker's own client, interrupted, leaves nothing that runs", async () => {
  const { containers: _, ...kernel } = before;
  for (let ms = 20; ms <= 260; ms += 40) {
    const running = d().begin('docker', 'run', '--rm', 'tiny', ...program);
    await sleep(ms);
    assert.is.not((await interrupt(running)).code, 0);
    await sameAs(kernel, d(), `interrupted after ${ms} ms`);
    const all = await d().json<{ State: string }[]>('/containers/json?all=1');
    assert.ok(
      all.every(({ State }) => State === 'created'),
      JSON.stringify(all),
    );
    await d().removeAll();
    await sameAs(before, d(), `interrupted after ${ms} ms`);
  }
});

s.test.run();
