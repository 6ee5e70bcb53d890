/**
 * Undo is real: at every step that real runs show, a run is aborted through the gate, and another one loses its daemon to SIGKILL.
 * Each time nothing may stay that was not there before, and rm must take the container.
 */
import * as assert from 'uvu/assert';
import { mkdirSync } from 'node:fs';
import type { Event } from '../../runtime/journal/event.ts';
import { leftovers, sameAs } from './leftovers.ts';
import { until } from './ran.ts';
import { site } from './site.ts';

const s = await site('the sweep', { images: [] });
const d = () => s.daemon;

/** Together these go through every step from pull to remove. */
const variants: Record<string, () => object> = {
  terminal: () => {
    mkdirSync(`${d().root}/bound`, { recursive: true });
    const HostConfig = {
      Binds: [`${d().root}/bound:/in`, `${d().root}/bound:/dev/late`], Tmpfs: { '/scratch': '' }, ReadonlyRootfs: true, Sysctls: { 'kernel.msgmax': '4096' },
      Annotations: { 'drydock.time-offset': 'boottime=86400' }, Ulimits: [{ Name: 'nofile', Soft: 64, Hard: 128 }], SecurityOpt: ['no-new-privileges'], UsernsMode: 'private', Memory: 64 << 20,
    };
    return { Image: 'tiny', Cmd: ['true'], Tty: true, HostConfig };
  },
  shared: () => ({ Image: 'tiny', Cmd: ['true'], HostConfig: { NetworkMode: 'container:neighbour' } }),
  plain: () => ({ Image: 'tiny', Cmd: ['true'] }),
  broken: () => ({ Image: 'tiny', Cmd: ['true'], HostConfig: { Annotations: { 'drydock.leave-out': 'cgroup,pivot-root', 'drydock.unsafe': 'true' } } }),
};

async function create(variant: string): Promise<string> {
  const { status, body } = await d().api('POST', '/containers/create?pull=missing', variants[variant]!());
  assert.is(status, 201, body);
  return (JSON.parse(body) as { Id: string }).Id;
}
const events = async (id: string): Promise<Event[]> =>
  (await d().api('GET', `/drydock/containers/${id}/journal`)).body.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as Event);
const machine = async (id: string) => (await d().json<{ State: { Status: string; ExitCode: number } }>(`/containers/${id}/json`)).State;
const pausedAt = async (id: string, step: string) => (await events(id)).some((e) => e.type === 'gate' && e.at === 'paused' && e.step === step);

/** step → the first variant whose journal shows it. */
const found = new Map<string, string>();
let before: Record<string, string[]>;
const without = ({ descriptors: _, ...rest }: Record<string, string[]>) => rest;

async function forgetImage(): Promise<void> {
  const { status, body } = await d().api('DELETE', '/images/tiny?force=1');
  assert.ok(status === 200 || status === 404, body);
}

s.test('real runs of four kinds go through every step', async () => {
  await d().ok('pull', '-q', 'tiny');
  await d().ok('run', '-d', '--name', 'neighbour', 'tiny', 'sleep', '1000');
  const neighbour = await d().ok('inspect', 'neighbour');
  assert.match(neighbour, '"Running": true');
  for (const variant of Object.keys(variants)) {
    if (variant === 'terminal') {
      await d().ok('rm', '-f', 'neighbour');
      await forgetImage();
    } else if (variant === 'shared') await d().ok('run', '-d', '--name', 'neighbour', 'tiny', 'sleep', '1000');
    const id = await create(variant);
    assert.is((await d().api('POST', `/drydock/containers/${id}/start`)).status, 204, variant);
    await until('it ends', async () => (await machine(id)).Status === 'exited');
    for (const event of await events(id)) if (event.type === 'step' && event.at === 'start' && event.step && !found.has(event.step)) found.set(event.step, variant);
    assert.is((await d().api('DELETE', `/containers/${id}`)).status, 204);
  }
  found.set('remove.rw-layer', 'plain'); // its journal goes with it
  before = leftovers(d());
  const all = (await d().json<{ id: string; steps: { id: string }[] }[]>('/drydock/phases')).filter(({ id }) => !['pause', 'unpause', 'join'].includes(id)).flatMap(({ steps }) => steps.map(({ id }) => id));
  assert.equal(all.filter((step) => !found.has(step)), [], 'steps that no run showed');
});

/** Brings a new container to a stop before the step. `done` is the answer of the request that is held up. */
async function stopBefore(step: string): Promise<{ id: string; done: Promise<{ status: number; body: string } | undefined> }> {
  if (step.startsWith('pull.')) await forgetImage();
  const id = await create(found.get(step)!);
  let done = d().api('POST', `/drydock/containers/${id}/start?break=${step}`).catch(() => undefined);
  if (step.startsWith('remove.')) {
    await done;
    await until('it ends', async () => (await machine(id)).Status === 'exited');
    done = d().api('DELETE', `/containers/${id}`).catch(() => undefined);
  }
  await until(`it stops before ${step}`, () => pausedAt(id, step));
  return { id, done };
}
const late = (step: string) => /^(exit|remove)\./.test(step);
/** Goes on after a failure, because what fails at one step may hold at the next; but not for ever. */
async function each(what: string, body: (step: string) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  const swept: string[] = [];
  for (const step of found.keys()) {
    if (failures.length > 4) break;
    swept.push(step);
    await body(step).catch((error: Error) => failures.push(`${step}: ${error.message} ${'details' in error ? String(error.details) : ''}`));
  }
  console.log(`${swept.length} of ${found.size} steps ${what}, ${swept.length - failures.length} of them clean`);
  assert.equal(failures, []);
}

s.test('an abort before any step leaves nothing behind', () => each('aborted', async (step) => {
  const { id, done } = await stopBefore(step);
  assert.is((await d().api('POST', `/drydock/containers/${id}/gate`, { command: 'abort' })).status, 204);
  const answer = await done;
  if (late(step)) { // what has ended cannot be aborted: it goes on
    assert.is(answer?.status, 204);
    if (step.startsWith('exit.')) await until('it ends', async () => (await machine(id)).Status === 'exited');
  } else assert.match(answer?.body ?? '', `aborted before ${step}; everything was undone`);
  if (!step.startsWith('remove.')) {
    await sameAs({ ...before, containers: [id, ...before['containers']!].sort() }, d(), `after an abort before ${step}`);
    assert.is((await d().api('DELETE', `/containers/${id}`)).status, 204, 'rm');
  }
  await sameAs(before, d(), `after rm of what was aborted before ${step}`);
}));

s.test('a daemon killed before any step leaves nothing to the next one that rm does not take', () => each('killed', async (step) => {
  const { id, done } = await stopBefore(step);
  await d().kill9();
  await done;
  await d().start();
  if (step.startsWith('exit.')) assert.equal(await until('it has ended', async () => ((await machine(id)).Status === 'exited' ? machine(id) : undefined)).then(({ ExitCode }) => ExitCode), 0);
  if (!step.startsWith('remove.')) {
    await sameAs(without({ ...before, containers: [id, ...before['containers']!].sort() }), d(), `after a daemon was killed before ${step}`);
    assert.is((await d().api('DELETE', `/containers/${id}`)).status, 204, 'rm');
  }
  await sameAs(without(before), d(), `after rm of what was killed before ${step}`);
  assert.match(await d().ok('ps', '--filter', 'name=neighbour'), /Up/, 'and the neighbour runs on');
}));

s.test.run();
