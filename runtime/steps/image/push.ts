/** The push phase, from an image in the store to a tag at a registry: OCI distribution spec, "Push". */
import type { PushContext } from '../../image/push.ts';
import type { Phase } from '../../operation/step.ts';
import { compressStep, uploadStep } from './push/layers.ts';
import { configStep, manifestStep, rememberStep } from './push/manifest.ts';
import { contactStep, resolveStep } from './push/name.ts';

export const push: Phase<PushContext> = {
  id: 'push',
  title: 'Push the image',
  steps: [resolveStep, contactStep, compressStep, uploadStep, configStep, manifestStep, rememberStep],
};
