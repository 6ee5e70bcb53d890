/**
 * Journals of real runs, shortened to some calls per step (test/web/fixtures): with limits, user, exec, pause and stop;
 * with a missing program; in another container's network; in the host's network.
 * They were recorded by version 0.2, whose ids of steps were other ones.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, Fact } from '../../../runtime/journal/event.ts';
import { withPresentIds } from '../../../runtime/journal/former-ids.ts';
import { frameAt, type Frame } from '../../../runtime/journal/frame.ts';
import { packageRoot } from '../../../runtime/syscalls/native.ts';

export const names = ['limits', 'not-found', 'joined', 'host-network'] as const;
export const journal = (name: (typeof names)[number]): Event[] =>
  readFileSync(join(packageRoot, 'test/web/fixtures', `${name}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => withPresentIds(JSON.parse(line) as Event));

/** The frame right after the end of the step in the container's own run. */
export const afterStep = (events: readonly Event[], step: string): Frame =>
  frameAt(
    events,
    events.findIndex((e) => e.type === 'step' && e.step === step && e.at === 'done' && typeof e.run === 'number'),
  );
export const inState = (events: readonly Event[], state: string): Frame =>
  frameAt(
    events,
    events.findIndex((e) => e.type === 'state' && e.to === state),
  );

/** A frame that contains only these facts. */
export const withFacts = (...facts: Fact[]): Frame => frameAt([{ seq: 0, time: 0, run: 1, type: 'fact', facts }], 0);
