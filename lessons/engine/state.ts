/** What is told of a lesson that somebody takes: to the page, to the terminal, to tests. */
export interface TaskState {
  id: string;
  /** waiting: another task comes first; open; done; was: a level that held once and does not now */
  state: 'waiting' | 'open' | 'done' | 'was';
  /** milliseconds since 1970 */
  at?: number;
  /** numbers of the hints that are shown, from 0 */
  hints: number[];
  /** hints that can still be asked for */
  more: number;
}
export interface QuizState {
  chosen?: number;
  right?: boolean;
  answer?: number;
}
export interface LessonState {
  lesson: string;
  learner: string;
  /** the lesson's own container */
  machine?: { id: string; name: string; status: string };
  /** why it could not be started */
  trouble?: string;
  tasks: TaskState[];
  quiz: QuizState[];
  finished: boolean;
  /** containers that were made meanwhile and are not the lesson's: leaving leaves them */
  others: { id: string; name: string }[];
}
export interface ListedLesson {
  id: string;
  module: string;
  number: number;
  minutes: number;
  title: string;
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
}
