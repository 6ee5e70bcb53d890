import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { json, print } from '../../terminal/columns.ts';
import { Failure } from '../../failure/failure.ts';
import { firstSentence, Lifecycle } from '../../client/lifecycle.ts';
import { markdownText } from '../../step/markdown.ts';
import { paint } from '../../step/paint.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb(
    'phases',
    'List the steps from an image to a running process and back, in their order.',
    'phases',
    'phases --explain rw-layer.mount-overlay',
    'phases --json',
  )
    .argument('[phase]', 'only this one, with a line of why')
    .option('--explain <step>', 'the full text of a step')
    .option('--json', 'as JSON')
    .action(async (only: string | undefined, options: { explain?: string; json?: boolean }, command: Command) => {
      const lifecycle = await Lifecycle.fetch(await connectTo(command));
      const ink = paint(process.stdout);
      const say = (text: string) => print(ink.shown(text));
      if (options.explain) {
        const step = lifecycle.named(options.explain);
        if (options.json) return json(step);
        return say(
          `${ink.bold(step.title)}  ${ink.dim(step.id)}\n\n${markdownText(step.explain, process.stdout.columns || 100)}`,
        );
      }
      const phases = lifecycle.phases.filter(({ id }) => !only || id === only);
      if (!phases.length)
        throw new Failure(`no such phase: ${only}; there are ${lifecycle.phases.map(({ id }) => id).join(', ')}`);
      if (options.json) return json(phases);
      const columns = process.stdout.columns || 100;
      const width = Math.max(...phases.flatMap(({ steps }) => steps.map(({ id }) => id.length)));
      phases.forEach(({ id, title, steps }, i) => {
        say(`${i ? '\n' : ''}${ink.bold(title)}  ${ink.dim(id)}`);
        for (const step of steps) {
          say(`  ${step.id.padEnd(width)}  ${step.title}`);
          if (only)
            say(
              ink.dim(
                markdownText(firstSentence(step.explain), columns - width - 5).replace(/^/gm, ' '.repeat(width + 4)),
              ),
            );
        }
      });
    });
}
