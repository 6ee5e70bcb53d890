/** Connects a container to a network, and disconnects it, as on the map. */
import { ApiError } from '../../../runtime/errors/api-error.ts';
import { predefined } from '../../../runtime/network/phase/networks.ts';
import { wantedOn } from '../../messages/wanted-on.ts';
import { text, truth } from '../ask/checks.ts';
import type { Answerers, Asker } from '../ask/topic.ts';

export interface NetworkAsks {
  /** `on`: connect, else disconnect; answered when it is done */
  endpoint: { ask: { container: string; network: string; on: boolean }; answer: object };
}

const networkOf = (engine: Asker['engine'], ref: string) => {
  const found = predefined.find((name) => name === ref) ?? engine.networks.find(ref);
  if (!found) throw new ApiError(404, `network ${ref} not found`);
  return found;
};

export const networkTopics: Answerers<NetworkAsks> = {
  endpoint: {
    shape: { container: text, network: text, on: truth },
    answer: async ({ engine }, { container, network: ref, on }) => {
      const network = networkOf(engine, ref);
      const { networks } = engine.container(container);
      if (on) await networks.connect(wantedOn(engine, network, {}));
      else await networks.disconnect(typeof network === 'string' ? network : network.id);
      return {};
    },
  },
};
