/** A message about the whole machine that viewers get at once and again after each change, while they look at it. */
import type { Engine } from '../../../runtime/engine/engine.ts';
import type { Told } from '../../messages/messages.ts';
import { LIMITS } from './limits.ts';
import type { Asker } from './topic.ts';

/** How often the machine is looked at. */
const LOOK_MS = 1000;

/** Returns the answer to an ask with `on`. `read` is called once a second for all viewers of an engine. */
export function standing(read: (engine: Engine) => Told): (asker: Asker, asked: { on: boolean }) => object {
  /** what each viewer has been sent */
  const sent = new Map<Asker, string>();
  let timer: NodeJS.Timeout | undefined;

  function leave(asker: Asker): void {
    sent.delete(asker);
    if (sent.size) return;
    clearInterval(timer);
    timer = undefined;
  }
  function look(askers: Iterable<Asker>): void {
    const known = new Map<Engine, { message: Told; text: string }>();
    for (const asker of askers) {
      // a slow viewer gets only the newest
      if (asker.ahead() > LIMITS.ahead) continue;
      let now = known.get(asker.engine);
      if (!now) {
        const message = read(asker.engine);
        known.set(asker.engine, (now = { message, text: JSON.stringify(message) }));
      }
      if (now.text === sent.get(asker)) continue;
      sent.set(asker, now.text);
      asker.tell(now.message);
    }
  }
  return (asker, { on }) => {
    if (!on || asker.gone.aborted) return (leave(asker), {});
    if (!sent.has(asker)) asker.gone.addEventListener('abort', () => leave(asker), { once: true });
    sent.set(asker, '');
    look([asker]);
    timer ??= setInterval(() => look(sent.keys()), LOOK_MS).unref();
    return {};
  };
}
