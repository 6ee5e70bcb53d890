/**
 * create: the container's directory, its control group, its shim, and a first process that enters each namespace by
 * itself.
 */
import { openCgroupSteps } from './create/cgroup.ts';
import { configSteps } from './create/config.ts';
import { namespaceSteps } from './create/namespaces.ts';
import { processSteps } from './create/process.ts';
import type { Phase } from '../../container/step.ts';

export const create: Phase = {
  id: 'create',
  title: 'Create the container',
  steps: [...configSteps, ...openCgroupSteps.make, ...processSteps, ...openCgroupSteps.enter, ...namespaceSteps],
};
