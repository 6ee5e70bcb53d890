/** The init phase on the recording kernel. */
import { rwLayerOf } from '../../runtime/steps/container/3-rw-layer.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { runSteps, standIn, type StandIn, type Standing } from './stand-in.ts';
import { create, init } from './stage-phases.ts';

export const rwLayer = rwLayerOf(overlay2);

/** The calls of each step of the init phase, after create and rw layer. */
export async function initSteps(
  wanted: StandIn = {},
  one: Standing = standIn(wanted),
): Promise<Record<string, string[]>> {
  one.machine.answers['stage.ioctl'] = ({ args }) => (args[1] === 0x5441 ? 50 : 0);
  await runSteps(one.k, one.c, create, rwLayer);
  return runSteps(one.k, one.c, init);
}
/** The error with which it ends. */
export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error & { exitCode?: number },
  );
