/**
 * create: the container's directory, its control group, its shim, and a first process that enters each namespace by
 * itself.
 */
import type { Container, Exec } from '../../container/container.ts';
import type { Executor } from '../../executor/driver.ts';
import type { Phase } from '../../container/step.ts';
import { configSteps } from './config.ts';

export const createOf = (executor: Pick<Executor<Container, Exec>, 'create'>): Phase => ({
  id: 'create',
  title: 'Create the container',
  steps: [...configSteps, ...executor.create],
});
