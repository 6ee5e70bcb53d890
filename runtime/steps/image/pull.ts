/** The pull phase, from a name to an image in the store: OCI distribution spec, "Pull". */
import type { PullContext } from '../../image/pull.ts';
import { chooseStep, configStep, indexStep, manifestStep } from './pull/documents.ts';
import { contactStep } from './pull/contact.ts';
import { commitStep, fetchLayersStep, unpackStep } from './pull/layers.ts';
import { lookStep, resolveStep } from './pull/name.ts';
import type { Phase } from '../../container/step.ts';

export const pull: Phase<PullContext> = {
  id: 'pull',
  title: 'Pull the image',
  steps: [
    resolveStep,
    lookStep,
    contactStep,
    indexStep,
    chooseStep,
    manifestStep,
    configStep,
    fetchLayersStep,
    unpackStep,
    commitStep,
  ],
};
