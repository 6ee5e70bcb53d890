import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { LessonContent } from '../../../../lessons/engine/lessons.ts';
import type { LessonList } from '../../../../lessons/engine/state.ts';
import { print, table } from '../../terminal/columns.ts';
import { connectTo } from '../../client/connection.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { Keyboard } from '../../step/keyboard.ts';
import { paint } from '../../step/paint.ts';
import { LessonText } from '../../lesson/text.ts';
import { Take } from '../../lesson/take.ts';
import { words } from '../../lesson/words.ts';
import { verb } from '../../flags/verb.ts';

interface Options {
  lang: string;
  learner: string;
  again?: boolean;
  export?: string;
  import?: string;
}

export function command(): Command {
  return verb(
    'lesson',
    'List the lessons, or take one on a real container. What is to be done may be done here, on the page, with docker or by hand.',
    'lesson',
    'lesson process',
    'lesson copy-up --lang ru',
    'lesson --export progress.json',
  )
    .argument('[lesson]', 'its id')
    .option('--lang <language>', 'en or ru', 'en')
    .option('--learner <name>', 'under which name progress is kept', 'learner')
    .option('--again', 'from the beginning')
    .option('--export <file>', "write the learner's progress to a file")
    .option('--import <file>', 'add the progress in a file')
    .action(lesson);
}

async function lesson(id: string | undefined, options: Options, command: Command): Promise<void> {
  const { lang, learner } = options;
  if (lang !== 'en' && lang !== 'ru') throw misuse(`invalid --lang ${JSON.stringify(lang)}: en or ru`);
  const client = await connectTo(command);
  const said = words[lang];
  if (options.import) {
    await client.post('/drydock/progress', { learner }, readProgress(options.import));
    if (!options.export && !id) return;
  }
  if (options.export)
    return writeFileSync(
      options.export,
      `${JSON.stringify(await client.get('/drydock/progress', { learner }), null, 1)}\n`,
    );
  if (!id) {
    const { lessons } = await client.get<LessonList>('/drydock/lessons', { learner, lang });
    const state = (one: LessonList['lessons'][number]) =>
      one.lacking.length
        ? `✗ ${one.lacking.join(', ')}`
        : one.finished
          ? `✓ ${said.done}`
          : one.done
            ? `${one.done}/${one.tasks}`
            : '';
    return void process.stdout.write(
      table(
        lessons.map((one) => [String(one.number), one.id, one.title, `${one.minutes} ${said.minutes}`, state(one)]),
      ),
    );
  }
  const content = await client.get<LessonContent>(`/drydock/lessons/${encodeURIComponent(id)}`, { lang });
  const keyboard = process.stdin.isTTY && process.stdout.isTTY ? Keyboard.open() : undefined;
  const ink = paint(process.stdout);
  if (!keyboard) {
    // for reading, or for a pipe into a pager: no container is started
    const text = new LessonText(said, ink, 90, content.here, () => ({ machine: `lesson-${id}` }));
    return print(
      ink.shown([content.title, ...content.body.map((block) => text.block(block))].filter(Boolean).join('\n\n')),
    );
  }
  if (content.lacking.length)
    throw new Failure(`the lesson ${id} cannot be taken on this machine: ${content.lacking.join(', ')}`);
  await new Take({ client, keyboard, ink, words: said, content, learner, again: options.again ?? false }).run();
}

function readProgress(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Failure(
      `${path} cannot be read as a progress file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
