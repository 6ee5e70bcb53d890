import type { DrawWords } from '../en/draw.ts';
import { amounts } from './draw/amounts.ts';
import { build } from './draw/build.ts';
import { capabilities } from './draw/capabilities.ts';
import { cgroups } from './draw/cgroups.ts';
import { compare } from './draw/compare.ts';
import { image } from './draw/image.ts';
import { machine } from './draw/machine.ts';
import { map } from './draw/map.ts';
import { namespaces } from './draw/namespaces.ts';
import { network } from './draw/network.ts';
import { overlay } from './draw/overlay.ts';
import { pivot } from './draw/pivot.ts';
import { security } from './draw/security.ts';
import { tanks } from './draw/tanks.ts';
import { timeline } from './draw/timeline.ts';
import { why } from './draw/why.ts';

export const draw: DrawWords = {
  amounts,
  build,
  image,
  machine,
  map,
  namespaces,
  overlay,
  pivot,
  cgroups,
  network,
  security,
  capabilities,
  tanks,
  timeline,
  compare,
  why,
};
