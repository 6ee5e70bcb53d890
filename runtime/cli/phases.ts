import type { Command } from 'commander';
import { connectTo } from './connection.ts';
import { json, print } from './columns.ts';
import { Failure } from './failure.ts';
import { firstSentence, Lifecycle } from './lifecycle.ts';
import { markdownText } from './step/markdown.ts';
import { paint } from './step/paint.ts';
import { verb } from './verb.ts';

export function command(): Command {
  return verb('phases', 'List the steps from an image to a running process and back, in their order.', 'phases', 'phases --explain rw-layer.mount-overlay', 'phases --json')
    .argument('[phase]', 'only this one')
    .option('--explain <step>', 'the full text of a step')
    .option('--json', 'as JSON')
    .action(async (only: string | undefined, options: { explain?: string; json?: boolean }, command: Command) => {
      const lifecycle = await Lifecycle.fetch(await connectTo(command));
      const ink = paint(process.stdout);
      if (options.explain) {
        const step = lifecycle.phases.flatMap(({ steps }) => steps).find(({ id }) => id === options.explain);
        if (!step) throw new Failure(`no such step: ${options.explain}; \`drydock phases\` lists them`);
        if (options.json) return json(step);
        return print(`${ink.bold(step.title)}  ${ink.dim(step.id)}\n\n${markdownText(step.explain, process.stdout.columns || 80)}`);
      }
      const phases = lifecycle.phases.filter(({ id }) => !only || id === only);
      if (!phases.length) throw new Failure(`no such phase: ${only}; there are ${lifecycle.phases.map(({ id }) => id).join(', ')}`);
      if (options.json) return json(phases);
      const width = Math.max(...phases.flatMap(({ steps }) => steps.map(({ id }) => id.length)));
      phases.forEach(({ id, title, steps }, i) => {
        print(`${i ? '\n' : ''}${ink.bold(title)}  ${ink.dim(id)}`);
        for (const step of steps) print(only ? `  ${step.id.padEnd(width)}  ${step.title}\n  ${' '.repeat(width)}  ${ink.dim(firstSentence(step.explain))}` : `  ${step.id.padEnd(width)}  ${step.title}`);
      });
    });
}
