/**
 * init: prepares everything that a Linux program expects of its root, changes the root, drops one right after another,
 * and calls execve(2).
 */
import type { Container, Exec } from '../../container/container.ts';
import type { Executor } from '../../executor/driver.ts';
import type { Phase } from '../../container/step.ts';

export const initOf = ({ init }: Pick<Executor<Container, Exec>, 'init'>): Phase => ({
  id: 'init',
  title: 'Become the program',
  steps: init,
});
