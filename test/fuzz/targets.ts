/** All parsers of untrusted input. */
import { apiTargets } from './api.ts';
import { documentTargets } from './documents.ts';
import { kernelTargets } from './kernel.ts';
import { nameTargets } from './names.ts';
import { packetTargets } from './packets.ts';
import type { Target } from './target.ts';
import { tarTargets } from './tar.ts';

export const targets: readonly Target[] = [
  ...tarTargets,
  ...documentTargets,
  ...kernelTargets,
  ...packetTargets,
  ...nameTargets,
  ...apiTargets,
];
