/** The state of an open lesson, as sent to the page, the terminal and tests. */
export interface TaskState {
  id: string;
  /** waiting: another task comes first; open; done; was: a level that held before and does not hold now */
  state: 'waiting' | 'open' | 'done' | 'was';
  /** milliseconds since 1970 */
  at?: number;
  /** numbers of the shown hints, from 0 */
  hints: number[];
  /** number of hints that can still be requested */
  more: number;
}
export interface QuizState {
  chosen?: number;
  right?: boolean;
  answer?: number;
}
/** A prediction: the guess, and the right option once the result has been shown. */
export interface GuessState {
  chosen?: number;
  answer?: number;
}
export interface LessonState {
  lesson: string;
  learner: string;
  /** the lesson's own container */
  machine?: { id: string; name: string; status: string };
  /** what was drawn */
  values?: Record<string, string>;
  /** the healthy twin of a challenge's container, once a hint has started it */
  twin?: { id: string; name: string; status: string };
  /** why the container could not be started */
  trouble?: string;
  tasks: TaskState[];
  quiz: QuizState[];
  guesses: GuessState[];
  finished: boolean;
  /** containers created during the lesson by other means; leaving the lesson keeps them */
  others: { id: string; name: string }[];
}
export interface ListedLesson {
  id: string;
  module: string;
  number: number;
  minutes: number;
  title: string;
  about: string;
  translated: boolean;
  needs: string[];
  lacking: string[];
  tasks: number;
  done: number;
  finished: boolean;
  open: boolean;
}
export interface LessonList {
  features: Record<string, string | true>;
  modules: { id: string; title: string }[];
  lessons: ListedLesson[];
  challenges: ListedLesson[];
}
