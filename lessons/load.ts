/**
 * Loads all lessons from their folders and checks them. An unknown step, check, view or term, a duplicate id and a
 * broken link are reported with file and line.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { places, stepIds } from './checks/journal.ts';
import { Fields } from './fields.ts';
import {
  languages,
  requirements,
  views,
  type Block,
  type Course,
  type Inline,
  type Language,
  type Lesson,
  type LessonText,
  type Module,
  type ModuleText,
  type Requirement,
  type Term,
  type View,
} from './format.ts';
import { readFront } from './front-matter.ts';
import { readGlossary } from './glossary.ts';
import { inlinePieces, pieces, readBody, readLine } from './markdown.ts';
import { predictionsIn, questionsIn } from './questions.ts';
import { readPredictions, readQuiz } from './read-questions.ts';
import { challengeFields, readChallenge } from './read-challenge.ts';
import { checkNames, readFiles, readVary, valueFields } from './read-values.ts';
import { readTask } from './read-task.ts';
import { sameShape } from './same-shape.ts';
import { LessonsError, Place, type Trouble } from './trouble.ts';

/** The fields with questions, in every language. */
const asked = ['quiz', 'predict'];
const NUMBERED = /^\d{3}\.[a-z][a-z0-9-]*$/;
const numbered = (dir: string) =>
  readdirSync(dir, { withFileTypes: true })
    .filter((e) => e.isDirectory() && NUMBERED.test(e.name))
    .map(({ name }) => name)
    .sort();
/** A text, and the place to report for its links. */
interface Linked {
  place: Place;
  line: number;
  content: Iterable<Inline>;
  source: string;
}

class Loader {
  readonly troubles: Trouble[] = [];
  readonly links: Linked[] = [];
  readonly lessons: Lesson[] = [];
  readonly challenges: Lesson[] = [];
  readonly modules: Module[] = [];

  constructor(private readonly root: string) {}

  open(file: string): { fields: Fields; place: Place; body: Block[]; source: string } | undefined {
    const place = new Place(file, this.troubles);
    const source = readFileSync(join(this.root, file), 'utf8');
    const front = readFront(source, place);
    if (!front) return undefined;
    const body = readBody(front.body, front.bodyLine, place);
    this.links.push({ place, line: 1, content: pieces(body), source });
    return { fields: new Fields(front, place), place, body, source };
  }

  file = (dir: string, stem: string, language: Language): string =>
    join(dir, language === 'en' ? `${stem}.md` : `${stem}.${language}.md`);
  has = (file: string): boolean => existsSync(join(this.root, file));

  module(dir: string): void {
    const texts: Partial<Record<Language, ModuleText>> = {};
    for (const language of languages) {
      const file = this.file(dir, 'module', language);
      if (!this.has(file)) {
        if (language === 'en') this.troubles.push({ file, line: 1, message: 'a module has a module.md' });
        continue;
      }
      const opened = this.open(file);
      if (opened) texts[language] = { title: opened.fields.text(['title']), body: opened.body };
    }
    const id = dir.slice(4);
    if (texts.en) this.modules.push({ id, text: { en: texts.en, ...(texts.ru && { ru: texts.ru }) } });
    for (const folder of numbered(join(this.root, dir))) this.lesson(id, join(dir, folder));
  }

  /** Title, hints, quiz and predictions in the file's language; `tasks` are given with the English file. */
  text(
    opened: NonNullable<ReturnType<Loader['open']>>,
    hints: Record<string, string[]>,
    tasks?: readonly string[],
  ): { text: LessonText } & Pick<Lesson, 'answers' | 'predictions'> {
    const { fields, place, body, source } = opened;
    const line = (path: (string | number)[], value: unknown): Inline[] => {
      const at = fields.front.line(...path);
      const content =
        typeof value === 'string' && value
          ? readLine(value, at, place)
          : (fields.trouble(path, 'a text is needed'), []);
      this.links.push({ place, line: at, content: inlinePieces(content), source });
      return content;
    };
    const { quiz, answers } = readQuiz(fields, line);
    const { texts, predictions } = readPredictions(fields, line, tasks);
    const said = Object.fromEntries(
      Object.entries(hints).map(([id, list]) => [id, list.map((hint, j) => line(['tasks', id, 'hints', j], hint))]),
    );
    const [title, about] = [fields.text(['title']), fields.text(['about'])];
    return { text: { title, about, body, hints: said, quiz, predictions: texts }, answers, predictions };
  }

  lesson(module: string, dir: string, stem: 'lesson' | 'challenge' = 'lesson'): void {
    const file = this.file(dir, stem, 'en');
    if (!this.has(file)) return void this.troubles.push({ file, line: 1, message: `a ${stem} has a ${stem}.md` });
    const opened = this.open(file);
    if (!opened) return;
    const { fields, body } = opened;
    const isChallenge = stem === 'challenge';
    const heads = ['id', 'title', 'about', 'minutes', 'needs', 'requires', 'machine', 'view', 'tasks', ...asked];
    fields.only([], [...heads, ...valueFields, ...(isChallenge ? challengeFields : [])]);
    const id = fields.text(['id']);
    if (id && !/^[a-z][a-z0-9-]*$/.test(id))
      fields.trouble(['id'], 'the id of a lesson is small letters, digits and -');
    if ([...this.lessons, ...this.challenges].some((other) => other.id === id))
      fields.trouble(['id'], `the id ${id} is taken`);
    const machine = readMachine(fields);
    const ids: string[] = [];
    const read = Object.keys(fields.map(['tasks'])).flatMap((task) => {
      const one = readTask(fields, task, ids, machine !== undefined, isChallenge);
      ids.push(task);
      return one ?? [];
    });
    if (!ids.length) fields.trouble(['tasks'], 'a lesson has at least one task');
    tasksInBody(fields, body, ids);
    const hints = Object.fromEntries(read.map(({ task, hints: list }) => [task.id, list]));
    const { text, answers, predictions } = this.text(opened, hints, ids);
    if (!text.quiz.length) fields.trouble(['quiz'], 'a lesson has at least one question');
    askedInBody(fields, 'question', questionsIn(body), text.quiz.length);
    askedInBody(fields, 'prediction', predictionsIn(body), text.predictions.length);
    for (const j of text.predictions.keys())
      if (!predictionsIn(body).includes(j + 1)) fields.trouble(['predict', j], `the text has no [[predict:${j + 1}]]`);
    if (answers.length !== text.quiz.length)
      fields.trouble(['quiz'], 'each question has an answer: the number of the right option, from 1');
    const view = readView(fields);
    const [vary, files] = [readVary(fields), readFiles(fields)];
    checkNames(fields, opened.source, { vary, ...(files && { files }) });
    const ru = this.translation(
      dir,
      stem,
      read.map(({ task }) => task.id),
      text,
    );
    const challenge = isChallenge ? readChallenge(fields, ids, text.quiz[0]?.options.length ?? 0) : undefined;
    if (isChallenge && !ru) fields.trouble(['id'], 'a challenge has a challenge.ru.md');
    const kept = isChallenge ? this.challenges : this.lessons;
    kept.push({
      id,
      module,
      number: kept.length + 1,
      minutes: fields.read(['minutes'], minutes) ?? 15,
      needs: fields.names(['needs']),
      requires: fields.names(['requires'], requirements) as Requirement[],
      ...(machine && { machine }),
      ...(view && { view }),
      vary,
      networks: fields.names(['networks']),
      ...(files && { files }),
      tasks: read.map(({ task }) => task),
      answers,
      predictions,
      text: { en: text, ...(ru && { ru }) },
      ...(challenge && { challenge }),
    });
    for (const need of kept.at(-1)!.needs)
      if (!this.lessons.slice(0, isChallenge ? undefined : -1).some((other) => other.id === need))
        fields.trouble(['needs'], `no lesson before this one is called ${need}`);
  }

  /** lesson.ru.md or challenge.ru.md: title, subject, hints and quiz; the rest of the front matter is shared. */
  translation(dir: string, stem: string, tasks: readonly string[], en: LessonText): LessonText | undefined {
    const file = this.file(dir, stem, 'ru');
    const opened = this.has(file) ? this.open(file) : undefined;
    if (!opened) return undefined;
    const { fields } = opened;
    fields.only([], ['title', 'about', 'tasks', ...asked]);
    const hints = Object.fromEntries(
      Object.keys(fields.map(['tasks'])).map((task) => {
        fields.only(['tasks', task], ['hints']);
        if (!tasks.includes(task)) fields.trouble(['tasks', task], `${this.file(dir, stem, 'en')} has no such task`);
        return [task, fields.list(['tasks', task, 'hints']).map(String)];
      }),
    );
    const { text } = this.text(opened, hints);
    sameShape(en, text, (message) => opened.place.at(fields.front.bodyLine, message));
    return text;
  }

  course(): Course {
    for (const dir of numbered(this.root)) this.module(dir);
    const challenges = join(this.root, 'challenges');
    for (const dir of existsSync(challenges) ? numbered(challenges) : [])
      this.lesson('challenges', join('challenges', dir), 'challenge');
    const glossary = Object.fromEntries(
      languages.map((language) => {
        const file = this.file('', 'glossary', language);
        return [
          language,
          this.has(file)
            ? readGlossary(readFileSync(join(this.root, file), 'utf8'), new Place(file, this.troubles))
            : [],
        ];
      }),
    ) as Record<Language, Term[]>;
    for (const linked of this.links) this.checkLinks(linked, new Set(glossary.en.map(({ id }) => id)));
    if (this.troubles.length) throw new LessonsError(this.troubles);
    return { modules: this.modules, lessons: this.lessons, challenges: this.challenges, glossary };
  }

  checkLinks({ place, line, content, source }: Linked, terms: ReadonlySet<string>): void {
    const lines = source.split('\n');
    const known = {
      step: stepIds,
      term: terms,
      lesson: new Set([...this.lessons, ...this.challenges].map(({ id }) => id)),
    };
    for (const piece of content) {
      if (piece.kind !== 'step' && piece.kind !== 'term' && piece.kind !== 'lesson') continue;
      if (known[piece.kind].has(piece.id)) continue;
      const at = lines.findIndex((text) => text.includes(`[[${piece.kind}:${piece.id}`));
      place.at(at < 0 ? line : at + 1, `no ${piece.kind} is called ${piece.id}`);
    }
  }
}

function tasksInBody(fields: Fields, body: readonly Block[], ids: readonly string[]): void {
  const shown = body.flatMap((block) => (block.kind === 'task' ? [block.id] : []));
  for (const id of ids)
    if (shown.filter((one) => one === id).length !== 1)
      fields.trouble(
        ['tasks', id],
        `the text has ${shown.includes(id) ? 'more than one' : 'no'} paragraph that begins with [[task:${id}]]`,
      );
  for (const id of shown)
    if (!ids.includes(id))
      fields.place.at(fields.front.bodyLine, `the text has a task ${id}, the front matter has not`);
}

function askedInBody({ front, place }: Fields, what: string, numbers: readonly number[], count: number): void {
  for (const [j, number] of numbers.entries()) {
    if (number > count) place.at(front.bodyLine, `the text asks ${what} ${number}, the front matter has ${count}`);
    if (numbers.indexOf(number) !== j) place.at(front.bodyLine, `the text asks ${what} ${number} twice`);
  }
}

function minutes(value: unknown = 15): number {
  if (!Number.isInteger(value) || (value as number) < 5 || (value as number) > 30)
    throw new Error(`a number from 5 to 30 is needed, got ${JSON.stringify(value)}`);
  return value as number;
}

function readMachine(fields: Fields): Lesson['machine'] {
  if (fields.value(['machine']) === undefined) return undefined;
  fields.only(['machine'], ['run', 'pauseAt']);
  const pauseAt = fields.names(['machine', 'pauseAt']);
  for (const [j, at] of pauseAt.entries())
    if (!places.has(at)) fields.trouble(['machine', 'pauseAt', j], `no step, phase or system call is called ${at}`);
  return { run: fields.text(['machine', 'run']), pauseAt };
}

function readView(fields: Fields): Lesson['view'] {
  if (fields.value(['view']) === undefined) return undefined;
  fields.only(['view'], ['open', 'focus']);
  const open = fields.value(['view', 'open']);
  if (!(views as readonly unknown[]).includes(open))
    return fields.trouble(['view', 'open'], `no view is called ${JSON.stringify(open)}; there are ${views.join(', ')}`);
  const focus = fields.value(['view', 'focus']);
  return { open: open as View, ...(typeof focus === 'string' && { focus }) };
}

/** `root`: the folder lessons/. Throws LessonsError with all errors. */
export const loadCourse = (root: string): Course => new Loader(root).course();
