/** The container that a run was made from by `again`; it is stored in labels. */
import type { Engine } from '../../runtime/engine/engine.ts';
import { presentId } from '../../runtime/journal/former-ids.ts';
import { RERUN_AT, RERUN_OF } from '../../runtime/container/rerun.ts';
import type { Branch } from './messages.ts';

/** Set for a container that was made by `again`. The container that it was made from may no longer exist. */
export function branchOf(engine: Engine, labels: Record<string, string> | null | undefined): Branch | undefined {
  const of = labels?.[RERUN_OF];
  if (!of) return undefined;
  const name = engine.containers().find(({ container }) => container.id === of)?.container.name ?? of.slice(0, 12);
  return { of, name, at: presentId(labels?.[RERUN_AT] ?? '', 1) };
}
