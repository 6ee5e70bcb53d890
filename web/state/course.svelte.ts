/** The state of the lessons in this page: the list, the open lesson, and what the daemon reports about it. */
import type { LessonContent } from '../../lessons/engine/lessons.ts';
import type { LessonList, LessonState } from '../../lessons/engine/state.ts';
import { speech } from '../words/language.svelte.ts';
import type { Playground } from './playground.svelte.ts';

const KEY = 'drydock.learner';

export class Course {
  learner = $state(localStorage.getItem(KEY) ?? 'learner');
  list = $state.raw<LessonList>();
  content = $state.raw<LessonContent>();
  state = $state.raw<LessonState>();
  /** true when the daemon has opened the lesson for this page; otherwise the last known state is shown */
  #joined = false;
  message = $state('');
  /** builds of what the learner named in a lesson about builds, the newest first */
  readonly builds: readonly { id: string; name: string }[] = $derived.by(() => {
    const own = this.content?.view?.open === 'build' ? this.state?.values?.['own'] : undefined;
    return own === undefined
      ? []
      : this.playground.list.filter(({ operation, name }) => operation === 'build' && name.startsWith(own));
  });
  /** announced to screen readers */
  said = $state('');

  constructor(readonly playground: Playground) {
    playground.hear((told) => {
      if (told.type === 'lesson' && told.state.lesson === playground.lesson) this.#learn(told.state);
    });
  }

  #learn(state: LessonState): void {
    const before = this.state;
    this.state = state;
    for (const [j, task] of state.tasks.entries()) {
      const was = before?.tasks[j];
      if (!was) continue;
      if (task.state === 'done' && was.state !== 'done') this.said = speech.words.lessons.taskDone(j + 1);
      else if (task.hints.length > was.hints.length) this.said = speech.words.lessons.newHint(j + 1);
    }
    if (state.finished && before && !before.finished) this.said = speech.words.lessons.done;
    // Select the lesson's container when it appears, and again when it was replaced. At other times the learner's
    // selection stays.
    const [shown, shownBefore] = [state, before].map((told) => told?.machine ?? told?.others[0]);
    // a lesson about builds shows its newest build, not the container of a RUN
    if (this.content?.view?.open === 'build') return;
    if (shown && shown.id !== shownBefore?.id) this.playground.open(shown.id);
  }

  async #try<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await ask();
      this.message = '';
      return answer;
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  async loadList(): Promise<void> {
    const { learner } = this;
    this.list = await this.#try(() =>
      this.playground.connection.ask('lessons', { learner, language: speech.language }),
    );
  }

  /** The connection was lost, and with it the daemon's session of the lesson. */
  cut(): void {
    this.#joined = false;
  }
  #forget(): void {
    this.content = this.state = undefined;
    this.passed = [];
    this.#joined = false;
  }

  /**
   * Loads the text and begins or continues the session; `again` starts it from the beginning. A change of language
   * loads only the text. `entered`: the learner has just come to the lesson, so its own container is selected.
   */
  async take(id: string, { again = false, entered = false } = {}): Promise<void> {
    const { connection } = this.playground;
    const { learner } = this;
    if (this.content?.id !== id) this.#forget();
    const content = await this.#try(() => connection.ask('lesson', { id, language: speech.language }));
    if (!content || this.playground.lesson !== id) return;
    const first = this.content?.id !== id;
    this.content = content;
    if (content.lacking.length) return;
    if (!first && this.#joined && !again) {
      const shown = this.builds[0] ?? this.state?.machine ?? this.state?.others[0];
      if (entered && shown) this.playground.open(shown.id);
      return;
    }
    const state = await this.#try(() => connection.ask('lessonOpen', { learner, id, ...(again && { again }) }));
    if (state && this.playground.lesson === id) {
      this.#joined = true;
      this.#learn(state);
    }
    if (first && content.view) this.see(content.view.open, content.view.focus);
    void this.loadList();
  }

  async leave(): Promise<void> {
    const { content, learner } = this;
    if (content) await this.#try(() => this.playground.connection.ask('lessonLeave', { learner, id: content.id }));
    this.#forget();
    this.playground.toLesson('');
  }
  async answer(question: number, chosen: number): Promise<void> {
    const { learner, content } = this;
    if (content)
      await this.#try(async () =>
        this.#learn(
          await this.playground.connection.ask('lessonAnswer', { learner, id: content.id, question, chosen }),
        ),
      );
  }
  async guess(prediction: number, chosen: number): Promise<void> {
    const { learner, content } = this;
    if (content)
      await this.#try(async () =>
        this.#learn(
          await this.playground.connection.ask('lessonGuess', { learner, id: content.id, prediction, chosen }),
        ),
      );
  }
  /** Numbers, from 0, of the predictions that the learner has chosen not to make. */
  passed = $state.raw<readonly number[]>([]);
  pass(prediction: number): void {
    this.passed = [...this.passed, prediction];
  }
  async hint(task: string): Promise<void> {
    const { learner, content } = this;
    if (content)
      await this.#try(async () =>
        this.#learn(await this.playground.connection.ask('lessonHint', { learner, id: content.id, task })),
      );
  }

  rename(learner: string): void {
    this.learner = learner.normalize('NFC');
    localStorage.setItem(KEY, this.learner);
    void this.loadList();
  }
  exported = (): Promise<object | undefined> =>
    this.#try(() => this.playground.connection.ask('progress', { learner: this.learner }));
  async imported(file: string): Promise<void> {
    const done = await this.#try(() =>
      this.playground.connection.ask('progressImport', { learner: this.learner, file }),
    );
    if (done) this.said = speech.words.lessons.imported;
    await this.loadList();
  }

  #building = '';
  /** Shows the newest build, when there is a newer one than before. */
  followBuilds(): void {
    const newest = this.builds[0]?.id ?? '';
    if (newest === this.#building) return;
    this.#building = newest;
    if (newest) this.playground.open(newest);
  }

  /** Shows a picture and selects an object in it. */
  see(view: string, sel?: string): void {
    this.playground.tab = view.charAt(0).toUpperCase() + view.slice(1);
    if (sel && this.playground.sel !== sel) this.playground.select(sel);
  }

  /** Moves the cursor to where the step was done. False when it was not done. */
  toStep(id: string): boolean {
    const at = this.playground.events.findLast(
      (event) => event.type === 'step' && event.step === id && typeof event.run !== 'string' && event.at !== 'skipped',
    );
    if (at) this.playground.seek(at.seq);
    return at !== undefined;
  }
}
