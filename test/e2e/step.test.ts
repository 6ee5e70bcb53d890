import * as assert from 'uvu/assert';
import { readlinkSync, readFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('stepping');
const d = () => s.daemon;
interface Event {
  seq: number;
  type: string;
  step?: string;
  name?: string;
  at?: string;
  ret?: number;
  errno?: string;
  args?: unknown[];
  next?: { name: string };
}
const trace = async (name: string) =>
  (await d().ok('trace', '--json', name)).split('\n').map((line) => JSON.parse(line) as Event);
const stops = async (name: string) =>
  (await trace(name))
    .filter(({ type, at }) => type === 'gate' && at === 'paused')
    .map(({ step, next }) => next?.name ?? step);
const stopped = (name: string, at: string) =>
  until(`${name} stands before ${at}`, async () => (await stops(name).catch(() => [])).at(-1) === at);
/** The stage's pid, found in /proc: the child of the shim that has the container's id. */
async function stageOf(name: string): Promise<number> {
  const call = (await trace(name)).filter((event) => event.name === 'clone3_stage').at(-1);
  return call?.ret ?? 0;
}
/** The file system type of the process's root (statfs(2)), independent of mounts stacked on it. */
const rootOf = (pid: number) => sh('stat', '-L', '-f', '-c', '%T', `/proc/${pid}/root`).trim();
const inspect = async (name: string) => d().ok('inspect', '--live', name);

s.test(
  "before pivot_root the stage's root is the host's, one step later the overlay; another process moves it on",
  async () => {
    const running = d().begin(
      'drydock',
      'run',
      '--name',
      'pivoting',
      '--break',
      'init.pivot-root',
      'ubuntu',
      'sh',
      '-c',
      'echo at last; exit 6',
    );
    await stopped('pivoting', 'init.pivot-root');
    const pid = await stageOf('pivoting');
    assert.is(readlinkSync(`/proc/${pid}/root`), '/');
    const host = rootOf(process.pid);
    assert.is(rootOf(pid), host, "the kernel says: the host's root");
    assert.match(await inspect('pivoting'), /the host's root/);
    assert.is(running.ran.out, '');
    assert.is((await d().cli('gate', 'pivoting', 'next')).code, 0);
    await stopped('pivoting', 'init.unmount-old-root');
    assert.is(rootOf(pid), 'overlayfs', 'one step later the kernel says: an overlay');
    await d().ok('gate', 'pivoting', 'continue');
    const { code, out } = await running.done;
    assert.equal([code, out], [6, 'at last\n']);
  },
);

s.test('trace shows steps, system calls with arguments, errnos and times; --json each event', async () => {
  const text = await d().ok('trace', 'pivoting');
  assert.match(text, /Exchange the root {2}init\.pivot-root\n/);
  assert.match(text, /pivot_root\("\.", "\."\) = 0 <[\d.]+ .s>/);
  assert.match(text, /= -1 E\w+/);
  const events = await trace('pivoting');
  assert.equal(
    events.map(({ seq }) => seq),
    events.map((_, j) => j),
  );
  assert.ok(events.filter(({ type }) => type === 'call').length > 100);
});

s.test('frame tells what was true after an event, and later ones do not change it', async () => {
  const events = await trace('pivoting');
  const at = (name: string) => events.find((event) => event.type === 'call' && event.name === name)!.seq;
  const before = await d().ok('frame', 'pivoting', String(at('pivot_root') - 1));
  const after = await d().ok('frame', 'pivoting', String(at('pivot_root')));
  assert.is.not(before, after);
  assert.match(after, /overlay/);
  assert.is(await d().ok('frame', 'pivoting', String(at('pivot_root'))), after);
  const beyond = await d().cli('frame', 'pivoting', String(events.length + 1000));
  assert.is(beyond.code, 1);
  assert.match(
    beyond.err,
    `there is no event ${events.length + 1000}: the last one has the number ${events.at(-1)!.seq}`,
  );
  await d().ok('rm', 'pivoting');
});

s.test('a breakpoint on a system call stops before it is made, and into goes call by call', async () => {
  const running = d().begin(
    'drydock',
    'run',
    '--name',
    'named',
    '--hostname',
    'stepped',
    '--break',
    'sethostname',
    'ubuntu',
    'true',
  );
  await stopped('named', 'sethostname');
  const pid = await stageOf('named');
  assert.is.not(readlinkSync(`/proc/${pid}/ns/uts`), readlinkSync('/proc/self/ns/uts'));
  await d().ok('gate', 'named', 'into');
  await until('it stands at another call or step', async () => (await stops('named')).length > 1);
  await d().ok('gate', 'named', 'continue');
  assert.is((await running.done).code, 0);
  await d().ok('rm', 'named');
});

s.test('break and clear set and take breakpoints while it stands', async () => {
  const running = d().begin(
    'drydock',
    'run',
    '--name',
    'marked',
    '--break',
    'create.shim',
    '--break',
    'network',
    'ubuntu',
    'true',
  );
  await stopped('marked', 'create.shim');
  await d().ok('gate', 'marked', 'break', 'init.seccomp');
  await d().ok('gate', 'marked', 'clear', 'network');
  await d().ok('gate', 'marked', 'continue');
  await stopped('marked', 'init.seccomp');
  assert.equal(await stops('marked'), ['create.shim', 'init.seccomp']);
  assert.match(readFileSync(`/proc/${await stageOf('marked')}/status`, 'utf8'), /Seccomp:\t0/, 'no filter yet');
  await d().ok('gate', 'marked', 'continue');
  assert.is((await running.done).code, 0);
  const idle = await d().cli('gate', 'marked', 'next');
  assert.is(idle.code, 1);
  assert.match(idle.err, /nothing is paused/);
  await d().ok('rm', 'marked');
});

s.test('abort from another process undoes everything, and the one who runs it is told', async () => {
  const before = await atRest(d());
  const running = d().begin('drydock', 'run', '--rm', '--name', 'given-up', '--break', 'init.execve', 'ubuntu', 'true');
  await stopped('given-up', 'init.execve');
  await d().ok('gate', 'given-up', 'abort');
  const { code, err } = await running.done;
  assert.is.not(code, 0);
  assert.match(err, /aborted before init\.execve; everything was undone/);
  await sameAs(before, d());
});

s.test('while one container stands, another runs', async () => {
  const held = d().begin('drydock', 'run', '--name', 'held', '--break', 'rw-layer.mount-overlay', 'ubuntu', 'true');
  await stopped('held', 'rw-layer.mount-overlay');
  assert.is((await d().docker('run', '--rm', 'ubuntu', 'echo', 'free')).out, 'free\n');
  assert.is((await d().docker('rm', '-f', 'held')).code, 0, 'rm -f takes one that stands');
  assert.is.not((await held.done).code, 0);
});

s.test('phases lists and explains every step', async () => {
  const list = await d().ok('phases');
  assert.match(list, /init\.pivot-root +Exchange the root/);
  const phases = await d().json<{ steps: { id: string; explain: string }[] }[]>('/drydock/phases');
  for (const { id, explain } of phases.flatMap(({ steps }) => steps))
    assert.ok(explain.length > 40, `${id} is explained`);
});

s.test.run();
