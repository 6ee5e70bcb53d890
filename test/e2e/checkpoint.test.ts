/** `docker checkpoint` and `docker start --checkpoint`: a counter goes on where it was written down. */
import * as assert from 'uvu/assert';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missing } from '../harness.ts';
import { criuProgram } from './criu.ts';
import { needs } from './room.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('checkpoints', { images: ['tiny'] });
const d = () => s.daemon;
/** Why CRIU does not work here; undefined when it does. */
const lack = missing(...needs) ? undefined : await unusable();

async function unusable(): Promise<string | undefined> {
  const program = await criuProgram();
  process.env['DRYDOCK_CRIU'] = program;
  const { status, stdout, stderr } = spawnSync(program, ['check'], { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `a CRIU that works on this kernel; criu check: ${(stderr || stdout).trim().split('\n').at(-1)}`;
}
const ready = lack ? [lack] : [];

const COUNT = 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done';
const counter = (name: string, ...flags: string[]) =>
  d().ok('run', '-d', '--name', name, ...flags, 'tiny', 'sh', '-c', COUNT);
const counted = async (name: string) => (await d().ok('logs', name)).split('\n').map(Number);
const goesOn = async (name: string) => {
  const before = (await counted(name)).length;
  await until(`${name} counts`, async () => (await counted(name)).length > before + 2);
};
const list = async (name: string, dir = '') =>
  (await d().json<{ Name: string }[]>(`/containers/${name}/checkpoints${dir}`)).map(({ Name }) => Name);
const inside = (name: string, script: string) => d().ok('exec', name, 'sh', '-c', script);
const inOrder = (numbers: readonly number[]) => numbers.every((one, j) => one === j + 1);
const status = (name: string) => d().dockerOk('inspect', '--format', '{{.State.Status}}', name);

s.test(
  ready,
  'a container goes on after a checkpoint, which is listed, refused a second time, and removed',
  async () => {
    await counter('on', '--network', 'none');
    await goesOn('on');
    assert.is(await d().dockerOk('checkpoint', 'create', '--leave-running', 'on', 'first'), 'first');
    await goesOn('on');
    assert.match(await d().dockerOk('checkpoint', 'ls', 'on'), /first/);
    assert.match(
      await d().dockerRefused('checkpoint', 'create', 'on', 'first'),
      /checkpoint with name first already exists/,
    );
    const dir = join(d().root, 'elsewhere');
    await d().dockerOk('checkpoint', 'create', '--leave-running', '--checkpoint-dir', dir, 'on', 'second');
    assert.equal([await list('on'), await list('on', `?dir=${dir}`)], [['first'], ['second']]);
    assert.match(await d().ok('operations'), /checkpoint +on +done/);
    await d().dockerOk('checkpoint', 'rm', 'on', 'first');
    await d().dockerOk('checkpoint', 'rm', '--checkpoint-dir', dir, 'on', 'second');
    assert.equal([await list('on'), readdirSync(dir)], [[], []]);
    assert.ok(inOrder(await counted('on')));
  },
);

for (const [network, flags] of [
  ['none', []],
  ['bridge', ['-v', 'kept:/kept', '-i']],
] as const)
  s.test(
    ready,
    `a container with network ${network} ends with its checkpoint, and a start from it counts on`,
    async () => {
      const name = `over-${network}`;
      await counter(name, '--network', network, '--restart', 'always', ...flags);
      await goesOn(name);
      await d().dockerOk('checkpoint', 'create', name, 'kept');
      await until('it has ended', async () => (await status(name)) === 'exited');
      const last = (await counted(name)).at(-1)!;
      await d().dockerOk('start', '--checkpoint', 'kept', name);
      await goesOn(name);
      const after = await counted(name);
      const { body } = await d().api('GET', `/drydock/containers/${name}/journal`);
      const done = body
        .split('\n')
        .flatMap((line) => /"at":"done"/.test(line) && /"step":"(init\.[^"]*)"/.exec(line)?.[1]);
      const restored = ['init.restore-processes', 'init.restore-continue'];
      assert.equal(done.filter((step) => step).slice(-2), restored);
      assert.ok(inOrder(after), `it counted on after ${last}: ${after.slice(last - 2, last + 3).join()}`);
      assert.is(await inside(name, 'read -r l </proc/1/comm; echo $l'), 'sh');
      if (network === 'bridge')
        assert.match(await inside(name, 'while read -r l; do echo $l; done </proc/net/dev'), /^eth0:/m);
      assert.is((await d().cli('stop', '-t', '0', name)).code, 0);
      assert.match(await d().dockerOk('inspect', '--format', '{{.State.ExitCode}}', name), /137/);
      await d().ok('rm', name);
    },
  );

s.test(ready, "drydock's own verb writes, lists and removes, and its start goes on from there", async () => {
  await counter('own', '--network', 'none');
  await goesOn('own');
  const dir = join(d().root, 'own-place');
  const place = ['--checkpoint-dir', dir];
  assert.is(await d().ok('checkpoint', 'create', '--leave-running', ...place, 'own', 'aside'), 'aside');
  assert.is(await d().ok('checkpoint', 'create', 'own', 'kept'), 'kept');
  await until('it has ended', async () => (await status('own')) === 'exited');
  assert.match(await d().ok('checkpoint', 'ls', 'own'), /^CHECKPOINT NAME\nkept$/);
  assert.is(await d().ok('checkpoint', 'ls', '--format', 'json', ...place, 'own'), '{"Name":"aside"}');
  const before = (await counted('own')).length;
  assert.is(await d().ok('start', '--checkpoint', 'kept', 'own'), 'own');
  await until('it counts on', async () => (await counted('own')).length > before + 2);
  assert.ok(inOrder(await counted('own')), 'it began again');
  await d().ok('stop', '-t', '0', 'own');
  await d().ok('checkpoint', 'rm', 'own', 'kept');
  await d().ok('checkpoint', 'rm', ...place, 'own', 'aside');
  assert.equal([await list('own'), readdirSync(dir)], [[], []]);
  await d().ok('rm', 'own');
});

s.test('a checkpoint that is not there, two containers at once and a directory alone are refused', async () => {
  await d().ok('create', '--name', 'none', 'tiny', 'true');
  for (const [code, said, ...words] of [
    [1, 'no such checkpoint|checkpoint nope does not exist', 'start', '--checkpoint', 'nope', 'none'],
    [1, 'no such checkpoint|checkpoint nope does not exist', 'checkpoint', 'rm', 'none', 'nope'],
    [1, 'is not running', 'checkpoint', 'create', 'none', 'first'],
    [1, 'No such container: nobody', 'checkpoint', 'ls', 'nobody'],
    [125, 'you cannot restore multiple containers at once', 'start', '--checkpoint', 'x', 'none', 'none'],
    [125, '--checkpoint-dir needs --checkpoint', 'start', '--checkpoint-dir', '/x', 'none'],
  ] as const) {
    const ran = await d().cli(...words);
    assert.is(ran.code, code, `${words.join(' ')}: ${ran.err}`);
    assert.match(ran.err, new RegExp(said), `${words.join(' ')}: ${ran.err}`);
  }
  await d().ok('rm', 'none');
});

const STEPS = ['checkpoint.prepare', 'checkpoint.dump', 'checkpoint.keep', 'checkpoint.end'];
const held = (step: string) =>
  until(`it is held before ${step}`, async () => {
    const all = await d().json<{ id: string; kind: string; state: string }[]>('/drydock/operations');
    const one = all.find(({ kind, state }) => kind === 'checkpoint' && state === 'begun');
    const { body } = await d().api('GET', '/drydock/containers/on/journal');
    return one && body.split('\n').slice(-3).join().includes('"paused"') ? one.id : undefined;
  });
const begin = async (step: string) => {
  await d().api('POST', '/drydock/containers/on/gate', { command: 'break', at: step });
  const answer = d().api('POST', '/containers/on/checkpoints', { CheckpointID: 'cut', Exit: true });
  return { answer: answer.catch(() => undefined), id: await held(step) };
};
const nothingLeft = async (step: string) => {
  await goesOn('on');
  const { Id } = await d().json<{ Id: string }>('/containers/on/json');
  const dir = join(d().root, 'containers', Id, 'checkpoints');
  assert.equal(existsSync(dir) ? readdirSync(dir) : [], [], step);
};

s.test(ready, 'an abort before any step leaves no file, and the container goes on', async () => {
  for (const step of STEPS) {
    const { answer, id } = await begin(step);
    await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' });
    assert.is((await answer)?.status, 409, step);
    await d().api('POST', '/drydock/containers/on/gate', { command: 'clear', at: step });
    await nothingLeft(step);
  }
});

s.test(ready, 'a daemon that is killed after the dump leaves no file, and the container goes on', async () => {
  for (const step of STEPS.slice(2)) {
    const { answer } = await begin(step);
    await d().kill9();
    await answer;
    await d().start();
    await nothingLeft(step);
  }
  await d().ok('rm', '-f', 'on');
});

s.test.run();
