import type { Command } from 'commander';
import { imagePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { misuse } from '../../failure/failure.ts';
import { splitReference } from '../../client/images-create.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb('tag', 'Give an image another name.', 'tag ubuntu mine:1.0')
    .argument('<image>')
    .argument('<name>')
    .action(async (image: string, name: string, _: object, command: Command) => {
      if (name.includes('@')) throw misuse(`invalid name ${JSON.stringify(name)}: a tag cannot be a digest`);
      const { name: repo, tag } = splitReference(name);
      await (await connectTo(command)).post(imagePath(image, '/tag'), { repo, tag });
    });
}
