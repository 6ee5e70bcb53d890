/** A volume that was chosen on the map: where its files are, and how much they take. */
import { text } from '../ask/checks.ts';
import type { Answerers } from '../ask/topic.ts';

export interface VolumeAsks {
  /** `size`: bytes of its files, counted in a worker's thread */
  volume: { ask: { name: string }; answer: { driver: string; directory: string; size: number } };
}

export const volumeTopics: Answerers<VolumeAsks> = {
  volume: {
    shape: { name: text },
    answer: async ({ engine: { volumes } }, { name }) => {
      const volume = volumes.get(name);
      const { driver } = volume;
      return { driver, directory: volumes.mountpoint(volume), size: await volumes.size(volume) };
    },
  },
};
