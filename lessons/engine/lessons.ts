/** The lessons of a daemon: listing, opening and leaving them, and the learners' progress. */
import { randomUUID } from 'node:crypto';
import type { ContainerHandle, Engine } from '../../runtime/engine/engine.ts';
import type { MachineState } from '../../runtime/container/life.ts';
import { badParameter, conflict, notFound } from '../../runtime/errors/api-error.ts';
import type { ContainerRequest } from '../../runtime/request/container-request.ts';
import {
  languages,
  type Course,
  type Language,
  type Lesson,
  type LessonText,
  type Mark,
  type Term,
} from '../format.ts';
import { ProgressStore, checkLearner, type OpenLesson, type Progress } from '../progress.ts';
import { removeBelongings } from './belongings.ts';
import { here, lacking } from './features.ts';
import { nextHint } from './hints.ts';
import { makePracticeDirectory, removePracticeDirectory } from './practice-directory.ts';
import { Session } from './session.ts';
import type { LessonList, LessonState } from './state.ts';
import { setUp } from './set-up.ts';
import { draw, filled } from './values.ts';

/** The label of a lesson's own container; lists recognise it by this. */
const LESSON_LABEL = 'drydock.lesson';
export interface LessonContent extends LessonText {
  id: string;
  module: string;
  number: number;
  minutes: number;
  needs: string[];
  lacking: string[];
  here: string[];
  view?: Lesson['view'];
  language: Language;
  machine: boolean;
  glossary: Term[];
  /** of a challenge: what can be pointed at, in the order of the first question's options */
  marks?: Mark[];
}

/** The states in which a start is possible; in any other the container is moving or running. */
const AT_REST: ReadonlySet<MachineState> = new Set<MachineState>(['created', 'failed', 'exited']);

export interface LessonsOptions {
  engine: Engine;
  course: Course;
  /** parses the words of 'run' into a request, with the command line's tables */
  request(line: string): ContainerRequest;
}

export class Lessons {
  readonly #store: ProgressStore;
  readonly #sessions = new Map<string, Session>();
  /** identifies this daemon, so that a lesson knows whether another daemon opened it */
  readonly #daemon = randomUUID();

  constructor(private readonly options: LessonsOptions) {
    this.#store = new ProgressStore(options.engine.settings.root, options.course);
  }

  #lesson(id: string): Lesson {
    const { lessons, challenges } = this.options.course;
    const found = lessons.find((lesson) => lesson.id === id) ?? challenges.find((lesson) => lesson.id === id);
    if (!found) throw notFound(`No such lesson: ${id.slice(0, 60)}`);
    return found;
  }

  list(learner: string, language: Language): LessonList {
    const { lessons } = this.#store.of(checkLearner(learner));
    const { open } = this.#store.of(checkLearner(learner));
    const listed = ({ id, module, number, minutes, text, needs, requires, tasks }: Lesson) => ({
      id,
      module,
      number,
      minutes,
      title: (text[language] ?? text.en).title,
      about: (text[language] ?? text.en).about,
      translated: text[language] !== undefined,
      needs,
      lacking: lacking(requires, language),
      tasks: tasks.length,
      done: Object.keys(lessons[id]?.tasks ?? {}).length,
      finished: lessons[id]?.finished !== undefined,
      open: open?.lesson === id,
    });
    return {
      features: Object.fromEntries(here().map((name) => [name, true as const])),
      modules: this.options.course.modules.map(({ id, text }) => ({ id, title: (text[language] ?? text.en).title })),
      lessons: this.options.course.lessons.map(listed),
      challenges: this.options.course.challenges.map(listed),
    };
  }

  content(id: string, language: Language): LessonContent {
    const { text, module, number, minutes, needs, requires, view, machine, challenge } = this.#lesson(id);
    const chosen = text[language] ? language : 'en';
    return {
      ...text[chosen]!,
      id,
      module,
      number,
      minutes,
      needs,
      lacking: lacking(requires, chosen),
      here: here(),
      ...(view && { view }),
      language: chosen,
      machine: machine !== undefined,
      glossary: this.options.course.glossary[chosen],
      ...(challenge && { marks: challenge.marks }),
    };
  }

  /** Opens or resumes the lesson. Another open lesson of this learner is left first. `again`: from the beginning. */
  async open(given: string, id: string, again = false): Promise<LessonState> {
    const learner = checkLearner(given);
    const lesson = this.#lesson(id);
    const [lack] = lacking(lesson.requires, 'en');
    if (lack) throw conflict(`the lesson ${id} cannot be taken here: ${lack}`);
    const { open } = this.#store.of(learner);
    if (open && (again || open.lesson !== id)) await this.leave(learner, open.lesson);
    if (again) this.#store.forget(learner, id);
    const progress = this.#store.of(learner);
    const values = draw(lesson, this.options.engine.settings.execRoot);
    progress.open ??= { lesson: id, since: Date.now(), daemon: this.#daemon, values, others: [] };
    const session = this.#session(progress, lesson);
    makePracticeDirectory(session.lesson, progress.open.values);
    await this.#machine(session);
    this.#store.save(learner);
    session.soon();
    return session.state();
  }

  #session(progress: Progress, lesson: Lesson): Session {
    const known = this.#sessions.get(progress.learner);
    if (known) return known;
    const { learner } = progress;
    const open = progress.open!;
    const session = new Session(filled(lesson, open.values), learner, open, this.#store.lesson(learner, lesson.id), {
      engine: this.options.engine,
      save: () => this.#store.save(learner),
    });
    this.#sessions.set(learner, session);
    if (open.daemon !== this.#daemon) this.#takeOver(learner, open);
    return session;
  }

  #takeOver(learner: string, open: OpenLesson): void {
    open.ended = open.goodbye ? 'asked' : 'killed';
    open.daemon = this.#daemon;
    delete open.goodbye;
    this.#store.save(learner);
  }

  /** The session of this learner's open lesson; throws 409 if there is none. */
  session(given: string, id: string): Session {
    const learner = checkLearner(given);
    const lesson = this.#lesson(id);
    const progress = this.#store.of(learner);
    if (progress.open?.lesson !== id) throw conflict(`${learner} has not opened the lesson ${id}`);
    return this.#session(progress, lesson);
  }

  /** The lesson's container: created once, and started again if a daemon's end had rolled it back. */
  async #machine({ lesson, open, ...session }: Session): Promise<void> {
    // A challenge's container may have been taken away by its learner.
    if (!lesson.machine || (lesson.challenge && open.machine)) return;
    const { engine, request } = this.options;
    let handle: ContainerHandle | undefined = engine
      .containers()
      .find(({ container }) => container.id === open.machine);
    if (!handle) {
      await setUp(engine, lesson, open.values);
      const wanted = request(lesson.machine.run);
      handle = await engine.create(
        { ...wanted, Labels: { ...wanted.Labels, [LESSON_LABEL]: lesson.id } },
        { name: open.values?.['machine'] ?? this.#name(lesson.id), pull: 'missing' },
      );
      open.machine = handle.container.id;
    }
    for (const { name, run } of lesson.challenge?.also ?? [])
      await this.#beside(`${handle.container.name}-${name}`, run);
    const mine = this.#sessions.get(session.learner);
    const { status, machine } = handle.state;
    // The status of a held start is 'created' too, so a reloaded page must check the state: the start is under way.
    if ((status !== 'created' && status !== 'dead') || !AT_REST.has(machine)) return;
    if (mine) mine.trouble = undefined;
    handle.start({ mode: 'run', breakpoints: lesson.machine.pauseAt }).catch((error: unknown) => {
      if (!mine) return;
      mine.trouble = error instanceof Error ? error.message : String(error);
      mine.tell();
    });
  }
  /** Starts a container that belongs to a challenge beside its broken one. */
  async #beside(name: string, run: string): Promise<void> {
    const handle = await this.options.engine.create(this.options.request(run), { name, pull: 'missing' });
    await handle.start();
  }
  /** The last hint of the pointing: the same container without the fault, to be compared with. */
  #twin({ lesson, open, ...session }: Session): void {
    const name = `${open.values?.['machine']}-twin`;
    if (!lesson.challenge || this.options.engine.containers().some(({ container }) => container.name === name)) return;
    this.#beside(name, lesson.challenge.twin).catch((error: unknown) => {
      const mine = this.#sessions.get(session.learner);
      if (!mine) return;
      mine.trouble = error instanceof Error ? error.message : String(error);
      mine.tell();
    });
  }
  #name(id: string): string {
    const taken = new Set(this.options.engine.containers().map(({ container }) => container.name));
    for (let n = 1; ; n++)
      if (!taken.has(`lesson-${id}${n > 1 ? `-${n}` : ''}`)) return `lesson-${id}${n > 1 ? `-${n}` : ''}`;
  }

  follow(learner: string, id: string, tell: (state: LessonState) => void): () => void {
    return this.session(learner, id).follow(tell);
  }

  /** Removes only what the lesson started, and what was made under its drawn name. Progress stays. */
  async leave(given: string, id: string): Promise<void> {
    const session = this.session(given, id);
    const { learner, open } = session;
    this.#sessions.delete(learner);
    session.close();
    const progress = this.#store.of(learner);
    delete progress.open;
    this.#store.save(learner);
    const { engine } = this.options;
    const own = engine.containers().find(({ container }) => container.id === open.machine);
    await own?.remove({ force: true, volumes: open.values !== undefined });
    await removeBelongings(engine, open.values);
    await removePracticeDirectory(open.values);
  }

  answer(learner: string, id: string, question: number, chosen: number): LessonState {
    const session = this.session(learner, id);
    const { lesson, progress } = session;
    const options = lesson.text.en.quiz[question]?.options.length;
    if (options === undefined) throw badParameter(`the lesson ${id} has no question ${question + 1}`);
    if (!(chosen >= 0 && chosen < options))
      throw badParameter(`question ${question + 1} has the options 1 to ${options}, got ${chosen + 1}`);
    progress.quiz[question] = { chosen, right: lesson.answers[question] === chosen, at: Date.now() };
    session.finish();
    this.#store.save(session.learner);
    session.soon();
    session.tell();
    return session.state();
  }

  /** Keeps the first guess at a prediction; a second one changes nothing. */
  guess(learner: string, id: string, prediction: number, chosen: number): LessonState {
    const session = this.session(learner, id);
    const options = session.lesson.text.en.predictions[prediction]?.options.length;
    if (options === undefined) throw badParameter(`the lesson ${id} has no prediction ${prediction + 1}`);
    if (!(chosen >= 0 && chosen < options))
      throw badParameter(`prediction ${prediction + 1} has the options 1 to ${options}, got ${chosen + 1}`);
    session.progress.guesses[prediction] ??= { chosen, at: Date.now() };
    this.#store.save(session.learner);
    session.tell();
    return session.state();
  }

  hint(learner: string, id: string, task: string): LessonState {
    const session = this.session(learner, id);
    const found = session.lesson.tasks.find((one) => one.id === task);
    if (!found) throw notFound(`No such task: ${task.slice(0, 60)}`);
    const shown = session.progress.hints[task] ?? [];
    const next = nextHint(found, shown);
    if (next !== undefined) {
      session.progress.hints[task] = [...shown, next].sort((a, b) => a - b);
      this.#store.save(session.learner);
      if (task === 'point' && next === found.hints.length - 1) this.#twin(session);
      session.tell();
    }
    return session.state();
  }

  exported = (learner: string): object => this.#store.exported(checkLearner(learner));
  imported(given: string, file: unknown): object {
    const learner = checkLearner(given);
    this.#store.imported(learner, file);
    return this.#store.exported(learner);
  }

  /** Called when the daemon ends orderly: marks the open lessons with `goodbye`. */
  close(): void {
    for (const session of this.#sessions.values()) {
      session.close();
      session.open.goodbye = true;
      try {
        this.#store.save(session.learner);
      } catch {
        // The disk may be full. The next daemon then takes this one for killed; this one ends anyway.
      }
    }
  }
}

export const isLanguage = (name: unknown): name is Language => (languages as readonly unknown[]).includes(name);
