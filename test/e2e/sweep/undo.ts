/**
 * Each call of each undo fails, once or also at the second try, or the daemon is killed there. Nothing may stay that rm
 * does not remove.
 */
import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Daemon } from '../daemon.ts';
import { leftovers, sameAs } from '../leftovers.ts';
import { failOn, gate, isExit, paused, undoBreakpoint, unwound, type UndoPlace } from './undo-places.ts';
import { stateOf } from './ways.ts';
import { until } from '../../until.ts';

/**
 * once: the second try succeeds. rm: both tries fail, and rm removes the rest. daemon: both fail, and the next daemon
 * removes the rest. kill: the daemon is killed in the undo.
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
 * Returns false if this rollback did not reach the call: how often the kernel is asked whether a group is empty varies.
 */
export async function sweepUndo(d: Daemon, before: Held, place: UndoPlace, { fate, errno }: Fate): Promise<boolean> {
  const { back, step } = place;
  const id = await back.way.bring(d, '');
  const standing = !back.way.phases.includes('init');
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
  // Some errnos count as success in an undo: ENOENT means that there is nothing to undo.
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
  // Also if this case did not reach the call: an earlier case has replaced the daemon.
  const compare = fate === 'kill' || fate === 'daemon' ? without : (held: Held) => held;
  if (errno !== 'ENOENT' && (died || fate !== 'rm')) await sameAs(compare(brought), d, 'before rm');
  // rm undoes the rest of a failed exit. The breakpoint must be cleared, because it would hold rm without end.
  await d.api('POST', `/drydock/containers/${id}/gate`, { command: 'clear', at: undoBreakpoint(place) });
  assert.equal(await d.api('DELETE', `/containers/${id}?force=1`), { status: 204, body: '' }, 'rm');
  await sameAs(compare(before), d, 'after rm');
  return reached;
}
