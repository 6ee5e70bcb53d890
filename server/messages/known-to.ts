/** What the engine's containers are to `drydock why`. */
import type { Engine } from '../../runtime/engine/engine.ts';
import type { Known } from '../../runtime/network/why/known.ts';

export const knownTo = (engine: Engine) => (): Known =>
  engine.containers().map(({ container, state: { status } }) => ({ container, status }));
