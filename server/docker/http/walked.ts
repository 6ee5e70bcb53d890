/**
 * Steps of an operation whose request or answer is a stream, so that it cannot begin with POST /drydock/operations:
 * `?step=1` and `&break=…` hold it, and the header Drydock-Operation has its id.
 */
import type { Walking } from '../../../runtime/operation/walking.ts';
import type { Exchange } from './route.ts';

export const OPERATION = 'Drydock-Operation';

/** `begin` sends the header before the first step; without a gate the status waits for the first step's outcome. */
export function walkedBy(x: Exchange, begin: () => void): Pick<Walking, 'gate' | 'begun' | 'signal'> {
  const signal = x.gone();
  const [step, breakpoints] = [x.query.flag('step'), x.query.list('break')];
  if (!step && !breakpoints.length) return { signal };
  return {
    signal,
    gate: { mode: step ? 'step' : 'run', breakpoints },
    begun: ({ record }) => {
      x.res.setHeader(OPERATION, record.id);
      begin();
      x.res.flushHeaders();
    },
  };
}
