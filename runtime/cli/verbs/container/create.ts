import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { createContainer } from './create-container.ts';
import { containerBody, declareContainer, type ContainerOptions } from '../../flags/container.ts';
import { print } from '../../terminal/columns.ts';
import { untilImage, verb } from '../../flags/verb.ts';

export function command(): Command {
  return declareContainer(
    untilImage(
      verb(
        'create',
        'Create a container without starting it; prints its id.',
        'create --name web -it ubuntu /bin/bash',
        'start -ai web',
      ),
    ),
  )
    .argument('<image>')
    .argument('[command...]')
    .action(async (image: string, words: string[], options: ContainerOptions, command: Command) => {
      const body = containerBody(command, image, words, false);
      print(await createContainer(await connectTo(command), body, options, { code: 1 }));
    });
}
