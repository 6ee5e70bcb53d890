/**
 * At each place: stop there, cause the failure, and compare the kernel's objects and the data root with the snapshot
 * from before.
 */
import * as assert from 'uvu/assert';
import type { Answer, Daemon } from '../daemon.ts';
import { leftovers, sameAs } from '../leftovers.ts';
import { Follower } from './journal.ts';
import { breakpoint, shown, type Place } from './places.ts';
import { stateOf } from './ways.ts';
import { until } from '../../until.ts';

export type Worst = 'fail' | 'abort' | 'kill';
type Held = Record<string, string[]>;

const without = ({ descriptors: _, ...rest }: Held): Held => rest;
const phaseOf = ({ step }: Place) => step.slice(0, step.indexOf('.'));
/** Operations on a running container: it must stay as it was. */
const standing = (place: Place) => ['pause', 'unpause', 'exec'].includes(phaseOf(place));

export class Sweep {
  constructor(
    readonly d: Daemon,
    readonly before: Held,
  ) {}

  /** Sends the request and waits until it stands at the place. */
  async #stop(place: Place, id: string): Promise<{ done: Promise<Answer | undefined> }> {
    const follower = new Follower(this.d, id);
    await follower.begun;
    const done = place.way.act(this.d, id, breakpoint(place)).catch(() => undefined);
    const paused = follower.until(
      (e) =>
        e.type === 'gate' &&
        e.at === 'paused' &&
        e.step === place.step &&
        (e.next === undefined) === (place.call === 0),
    );
    // a start is answered long before its exit; then the end of the exit says that the place did not come
    const over = follower.until((e) => e.type === 'phase' && e.phase === phaseOf(place) && e.at === 'done');
    const late = done.then((answer) =>
      ['exit', 'remove'].includes(phaseOf(place)) ? over.then(() => answer) : answer,
    );
    const first = await Promise.race([paused.then(() => 'paused' as const), late]);
    follower.close();
    if (first !== 'paused') throw new Error(`it did not stop: ${first?.status} ${first?.body}`);
    return { done };
  }

  async at(place: Place, worst: Worst): Promise<void> {
    const { d } = this;
    const id = await place.way.bring(d, place.step);
    const brought = standing(place)
      ? leftovers(d)
      : { ...this.before, containers: [...this.before['containers']!, id].sort() };
    const { done } = await this.#stop(place, id);
    if (worst === 'kill') {
      await d.kill9();
      await done;
      await d.start();
    } else {
      const { status, body } = await d.api(
        'POST',
        `/drydock/containers/${id}/gate`,
        worst === 'fail' ? { command: 'fail', errno: 'EIO' } : { command: 'abort' },
      );
      assert.is(status, 204, body);
      await d.api('POST', `/drydock/containers/${id}/gate`, { command: 'clear', at: breakpoint(place) });
    }
    const answer = await done;
    const compare = worst === 'kill' ? without : (held: Held) => held;
    if (phaseOf(place) === 'remove') {
      if ((await d.api('GET', `/containers/${id}/json`)).status === 200)
        assert.is((await d.api('DELETE', `/containers/${id}`)).status, 204, 'rm again');
    } else {
      await this.#settled(place, id, answer);
      await this.#asBrought(place, id, compare(brought));
      assert.is((await d.api('DELETE', `/containers/${id}?force=1`)).status, 204, 'rm');
    }
    await sameAs(compare(this.before), d, 'after rm');
  }

  /** The runtime may tolerate the failed call; then the program runs, and ends. */
  async #settled(place: Place, id: string, answer: Answer | undefined): Promise<void> {
    const { d } = this;
    const status = async () => (await stateOf(d, id)).Status;
    if (standing(place)) {
      const now = await status();
      assert.ok(['running', 'paused'].includes(now), `it is ${now}, but it should run on (${answer?.body})`);
      // An error answer to `pause` means that the container still runs.
      if (answer && answer.status >= 300 && phaseOf(place) === 'pause') assert.is(now, 'running');
      if (now === 'paused') assert.is((await d.api('POST', `/containers/${id}/unpause`)).status, 204, 'unpause');
      return;
    }
    if (phaseOf(place) === 'exit' || answer?.status === 204)
      await until('it ends', async () => (await status()) === 'exited');
    const { Status, ExitCode } = await stateOf(d, id);
    assert.ok(['created', 'exited'].includes(Status), `it is ${Status}`);
    if (phaseOf(place) === 'exit') assert.is(ExitCode, 0, 'the exit code of what had ended');
  }

  /** If the exec was released, its process belongs to the container, so snapshots are not compared. */
  async #asBrought(place: Place, id: string, brought: Held): Promise<void> {
    const { d } = this;
    const execs = (await d.json<{ ExecIDs: string[] | null }>(`/containers/${id}/json`)).ExecIDs ?? [];
    if (phaseOf(place) === 'exec' && execs.length) return;
    await sameAs(brought, d, `at ${shown(place)}`);
  }
}

/** Restores the daemon after a failure, so that later places do not fail because of it. */
export async function recover(d: Daemon): Promise<void> {
  if ((await d.api('GET', '/_ping').catch(() => undefined))?.status !== 200) {
    await d.kill9();
    await d.start();
  }
  for (const { Id, Names } of await d.json<{ Id: string; Names: string[] }[]>('/containers/json?all=1'))
    if (Names[0] !== '/neighbour') await d.api('DELETE', `/containers/${Id}?force=1`);
}

/** Continues after a failure, because later places may still pass, up to `mostFailures`. Throws all failures. */
export async function sweepAll(sweep: Sweep, places: readonly Place[], worst: Worst, mostFailures = 5): Promise<void> {
  const failures: string[] = [];
  const begun = Date.now();
  let done = 0;
  for (const place of places) {
    if (failures.length >= mostFailures) break;
    done++;
    const since = Date.now();
    await sweep.at(place, worst).catch(async (error: Error) => {
      failures.push(`${shown(place)}: ${error.message} ${'details' in error ? String(error.details) : ''}`);
      // Print at once, because a sweep takes an hour.
      console.log(`${worst} NOT CLEAN ${failures.at(-1)}`);
      await recover(sweep.d).catch(() => undefined);
    });
    if (process.env['DRYDOCK_SWEEP_TALK']) console.log(`${worst} ${shown(place)} ${Date.now() - since} ms`);
  }
  console.log(
    `${worst}: ${done} of ${places.length} places, ${done - failures.length} of them clean, ${Date.now() - begun} ms`,
  );
  assert.equal(failures, []);
}
