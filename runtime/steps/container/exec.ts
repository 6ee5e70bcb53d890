/** exec: a second process enters the namespaces of a running container. */
import type { Container, Exec } from '../../container/container.ts';
import type { Executor } from '../../executor/driver.ts';
import type { Phase } from '../../container/step.ts';

export const execOf = ({ exec }: Pick<Executor<Container, Exec>, 'exec'>): Phase<Exec> => ({
  id: 'exec',
  title: 'Enter a running container',
  steps: exec,
});
