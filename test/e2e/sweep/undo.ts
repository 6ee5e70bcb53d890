/**
 * At each call of each undo: it fails, once or again when it is tried again, or the daemon is killed there. Nothing may
 * stay that rm does not take.
 */
import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Daemon } from '../daemon.ts';
import { leftovers, sameAs } from '../leftovers.ts';
import { until } from '../ran.ts';
import { failOn, gate, isExit, paused, undoBreakpoint, unwound, type UndoPlace } from './undo-places.ts';
import { stateOf } from './ways.ts';

/**
 * once: the second try does it. rm: it fails both times, and rm takes what is left. daemon: the next daemon takes it.
 * kill: the daemon dies in the undo.
 */
export const fates = ['once', 'rm', 'daemon', 'kill'] as const;
export const errnos = ['EBUSY', 'EIO', 'ENOENT'] as const;
export interface Fate {
  fate: (typeof fates)[number];
  errno: (typeof errnos)[number];
}

type Held = Record<string, string[]>;
const without = ({ descriptors: _, ...rest }: Held): Held => rest;
const failures = (events: readonly Event[], step: string) =>
  events
    .slice(events.findIndex((event) => event.type === 'phase' && event.at === 'unwinding'))
    .filter((event) => event.type === 'step' && event.at === 'failed' && event.step === step).length;

/**
 * False: this unwinding did not come to the call. How often a group is asked whether it is empty is up to the kernel.
 */
export async function sweepUndo(d: Daemon, before: Held, place: UndoPlace, { fate, errno }: Fate): Promise<boolean> {
  const { back, step } = place;
  const id = await back.way.bring(d, '');
  const standing = !back.way.phases.includes('exec');
  const brought = standing ? leftovers(d) : { ...before, containers: [...before['containers']!, id].sort() };
  const { follower, done } = await failOn(d, back, id, undoBreakpoint(place));
  const begun = await follower.until((event) => event.type === 'phase' && event.at === 'unwinding');
  const stop = await follower.until(
    (event) => event.seq > (begun?.seq ?? 0) && (paused(event, step) || unwound(event)),
  );
  assert.ok(stop, 'the journal ended before the undo');
  const reached = !unwound(stop);
  const died = reached && fate === 'kill';
  if (died) {
    await d.kill9();
    await d.start();
  } else if (reached) {
    if (fate === 'once') await gate(d, id, { command: 'clear', at: undoBreakpoint(place) });
    await gate(d, id, { command: 'fail', errno });
    const next = await follower.until((event) => event.seq > stop.seq && (unwound(event) || paused(event, step)));
    if (next && paused(next, step)) {
      await gate(d, id, { command: 'fail', errno });
      await follower.until((event) => event.seq > next.seq && unwound(event));
    }
  }
  const answer = await done;
  if (isExit(back)) await until('it ends', async () => ['exited', 'created'].includes((await stateOf(d, id)).Status));
  follower.close();
  // an errno that the undo takes for an answer is no failure of it: ENOENT is what the kernel says when there is
  // nothing to undo
  const failed = died ? 0 : failures(follower.events, step);
  const says = isExit(back)
    ? (await d.json<{ State: { Error: string } }>(`/containers/${id}/json`)).State.Error
    : (answer?.body ?? '');
  if (!died)
    assert.is(
      says.includes(`could not be undone: ${step}: `) && says.includes(errno),
      failed === 2,
      `failed ${failed} times: ${says}`,
    );
  if (fate === 'once') assert.ok(failed < 2, 'it was tried again');
  if (fate === 'daemon') {
    await d.kill9();
    await d.start();
  }
  // also when this case came to no call: an earlier one has replaced the daemon
  const compare = fate === 'kill' || fate === 'daemon' ? without : (held: Held) => held;
  if (errno !== 'ENOENT' && (died || fate !== 'rm')) await sameAs(compare(brought), d, 'before rm');
  // rm takes back what a failed exit has left, and nobody is there to let it go on
  await d.api('POST', `/drydock/containers/${id}/gate`, { command: 'clear', at: undoBreakpoint(place) });
  assert.equal(await d.api('DELETE', `/containers/${id}?force=1`), { status: 204, body: '' }, 'rm');
  await sameAs(compare(before), d, 'after rm');
  return reached;
}
