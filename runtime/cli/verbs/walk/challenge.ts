/**
 * Challenges in the terminal. Each command does one thing and ends, because the learner needs the terminal: a challenge
 * stays open between them.
 */
import type { Command } from 'commander';
import type { LessonContent } from '../../../../lessons/engine/lessons.ts';
import type { LessonList, LessonState } from '../../../../lessons/engine/state.ts';
import { valuesOf, type Values } from '../../../template/fill-in.ts';
import type { Inline } from '../../../../lessons/format.ts';
import { visible } from '../../../journal/visible.ts';
import type { Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';
import { challengeWords, type ChallengeWords } from '../../lesson/challenge-words.ts';
import { LessonText } from '../../lesson/text.ts';
import { words } from '../../lesson/words.ts';
import { paint } from '../../step/paint.ts';
import { print, table } from '../../terminal/columns.ts';

interface Options {
  lang: string;
  learner: string;
  again?: boolean;
}
/** Time in which `check` waits for the mending to be noticed: a container may be starting. */
const NOTICED_MS = 3000;

export function command(): Command {
  return verb(
    'challenge',
    'List the challenges, or take one: a container with one fault. Point at the fault, then mend it, in any way.',
    'challenge',
    'challenge killed',
    'challenge point killed memory-limit',
    'challenge check killed',
    'challenge hint killed',
    'challenge leave killed',
  )
    .argument('[words...]', 'ID, or point ID [WHAT], check ID, hint ID, leave ID')
    .option('--lang <language>', 'en or ru', 'en')
    .option('--learner <name>', 'under which name progress is kept', 'learner')
    .option('--again', 'from the beginning')
    .action(challenge);
}

async function challenge(given: string[], options: Options, command: Command): Promise<void> {
  const { lang, learner } = options;
  if (lang !== 'en' && lang !== 'ru') throw misuse(`invalid --lang ${JSON.stringify(lang)}: en or ru`);
  const client = await connectTo(command);
  const said = challengeWords[lang];
  if (!given.length) return list(client, said, learner, lang);
  const isAction = Object.hasOwn(actions, given[0]!);
  const [id, what] = isAction ? given.slice(1) : given;
  if (!id) throw misuse(`${given[0]} needs the id of a challenge`);
  if (given.length > (given[0] === 'point' ? 3 : isAction ? 2 : 1))
    throw misuse(`unexpected argument ${JSON.stringify(given.at(-1))}`);
  const content = await client.get<LessonContent>(`/drydock/lessons/${encodeURIComponent(id)}`, { lang });
  if (!content.marks) throw new Failure(`${id} is a lesson: drydock lesson ${id}`);
  const taken = new Taken(client, content, learner, said, lang);
  await (isAction ? actions[given[0]!]! : open)(taken, what, options);
}

async function list(client: Client, said: ChallengeWords, learner: string, lang: string): Promise<void> {
  const { challenges } = await client.get<LessonList>('/drydock/lessons', { learner, lang });
  const state = ({ lacking, finished, open }: LessonList['challenges'][number]) =>
    lacking.length ? `✗ ${lacking.join(', ')}` : finished ? `✓ ${said.done}` : open ? said.begun : '';
  process.stdout.write(
    table(challenges.map((one) => [one.id, one.title, `${one.minutes} ${said.minutes}`, state(one)])),
  );
}

/** A challenge and what the terminal says of it. */
class Taken {
  readonly #text: LessonText;
  readonly ink = paint(process.stdout);
  values: Values = valuesOf(undefined);

  constructor(
    readonly client: Client,
    readonly content: LessonContent,
    readonly learner: string,
    readonly said: ChallengeWords,
    lang: 'en' | 'ru',
  ) {
    const width = Math.min(process.stdout.columns || 80, 96) - 2;
    this.#text = new LessonText(words[lang], this.ink, width, content.here, () => this.values);
  }

  get id(): string {
    return this.content.id;
  }
  path = (rest: string): string => `/drydock/lessons/${encodeURIComponent(this.id)}${rest}`;
  async post(rest: string, body?: object, query: Record<string, string | number> = {}): Promise<LessonState> {
    const state = await this.client.post<LessonState>(this.path(rest), { learner: this.learner, ...query }, body);
    if (state) this.values = valuesOf(state);
    return state;
  }
  /** Opens it, or continues it: the state is the answer. */
  resume = (again = false): Promise<LessonState> => this.post('/open', undefined, again ? { again: 1 } : {});

  say = (text: string): void => print(this.ink.shown(text));
  line = (content: readonly Inline[]): string => this.#text.inline(content);

  text(state: LessonState): void {
    const { content, ink, said } = this;
    this.say(`${ink.bold(visible(content.title))}\n`);
    for (const block of content.body) {
      if (block.kind === 'task') {
        const { state: now } = state.tasks.find(({ id }) => id === block.id)!;
        const title = block.id === 'point' ? said.point : said.mend;
        this.say(`${now === 'done' ? ink.good('✓') : '○'} ${ink.bold(title)} ${ink.dim(said.states[now])}`);
      }
      const text = this.#text.block(block);
      if (text) this.say(`${text}\n`);
      if (block.kind === 'question') this.marks();
    }
    for (const [task, n] of state.tasks.flatMap(({ id, hints }) => hints.map((n) => [id, n] as const)))
      this.hint(task, n);
    if (state.trouble) this.say(`${ink.bad('✗')} ${said.trouble} ${visible(state.trouble)}`);
    this.say(ink.dim(said.ways(this.id)));
  }
  marks(): void {
    const { marks = [], quiz } = this.content;
    this.say(this.said.pointAt(this.id));
    print(table(marks.map(({ id }, j) => [`  ${id}`, this.line(quiz[0]!.options[j]!)])).trimEnd() + '\n');
  }
  hint = (task: string, n: number): void =>
    this.say(`${this.ink.mark('→')} ${this.line(this.content.hints[task]?.[n] ?? [])}`);
}

async function open(taken: Taken, _: string | undefined, { again }: Options): Promise<void> {
  const { content } = taken;
  if (content.lacking.length)
    throw new Failure(`the challenge ${taken.id} cannot be taken on this machine: ${content.lacking.join(', ')}`);
  taken.text(await taken.resume(again));
}

async function point(taken: Taken, what: string | undefined): Promise<void> {
  const { content, said, ink } = taken;
  if (what === undefined) return taken.marks();
  const marks = content.marks ?? [];
  const chosen = marks.findIndex(({ id }) => id === what);
  if (chosen < 0)
    throw misuse(`there is no ${JSON.stringify(what)} to point at: ${marks.map(({ id }) => id).join(', ')}`);
  const { quiz } = await taken.post('/answer', { question: 0, chosen });
  const { reasons, because } = content.quiz[0]!;
  const right = quiz[0]?.right === true;
  taken.say(
    right
      ? `${ink.good('✓')} ${said.right} ${taken.line(because)}`
      : `${ink.bad('✗')} ${said.wrong} ${taken.line(reasons[chosen]!)}`,
  );
  if (!right) process.exitCode = 1;
}

/** Looks until both tasks are done, for a moment: exit code 1 if they are not. */
async function check(taken: Taken): Promise<void> {
  const { said, ink } = taken;
  let last: LessonState | undefined;
  try {
    for await (const state of taken.client.lines<LessonState>('GET', taken.path('/follow'), {
      query: { learner: taken.learner },
      signal: AbortSignal.timeout(NOTICED_MS),
    })) {
      last = state;
      if (state.finished) break;
    }
  } catch (error) {
    if (!last) throw error;
  }
  for (const { id, state } of last?.tasks ?? [])
    taken.say(
      `${state === 'done' ? ink.good('✓') : '○'} ${id === 'point' ? said.point : said.mend}: ${said.states[state]}`,
    );
  taken.say(last?.finished ? `${ink.good('✓')} ${said.mended}` : said.notYet);
  if (!last?.finished) process.exitCode = 1;
}

/** The next hint of the first task that is open. */
async function hint(taken: Taken): Promise<void> {
  const state = await taken.resume();
  const task = state.tasks.find(({ state: now }) => now === 'open');
  if (!task?.more) return taken.say(taken.said.noHint);
  const { hints } = (await taken.post('/hint', { task: task.id })).tasks.find(({ id }) => id === task.id)!;
  for (const n of hints.filter((one) => !task.hints.includes(one))) taken.hint(task.id, n);
}

async function leave(taken: Taken): Promise<void> {
  await taken.client.post(taken.path('/leave'), { learner: taken.learner });
  taken.say(taken.said.left);
}

const actions: Record<string, (taken: Taken, what: string | undefined, options: Options) => Promise<void>> = {
  point,
  check,
  hint,
  leave,
};
