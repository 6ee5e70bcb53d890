/**
 * The types of a parsed lesson: the daemon evaluates it, the page and the terminal show it. Only types and the names in
 * them.
 */
import type { Check } from './checks/check.ts';

export const languages = ['en', 'ru'] as const;
export type Language = (typeof languages)[number];

/** Features that a machine may lack; a lesson that requires one is then listed with the reason and cannot be opened. */
export const requirements = [
  'overlay',
  'cgroup1',
  'cgroup2',
  'memory',
  'swap',
  'cpu',
  'pids',
  'freezer',
  'docker',
  'userns',
  'seccomp',
  'nftables',
  'unshare',
  'ip',
  'nsenter',
  'practice',
] as const;
export type Requirement = (typeof requirements)[number];

/** The page's pictures, as `[[see:…]]` and `view` name them. */
export const views = [
  'machine',
  'namespaces',
  'overlay',
  'cgroups',
  'network',
  'security',
  'timeline',
  'build',
  'journal',
  'kernel',
] as const;
export type View = (typeof views)[number];

/**
 * The same action in three ways: consecutive code blocks with one of these words after the language become one block
 * with tabs.
 */
export const ways = ['here', 'docker', 'by-hand'] as const;
export type Way = (typeof ways)[number];

/**
 * The kinds of a quotation, written `> [!predict]`: what the reader should do with it. One named after a requirement is
 * shown only if the machine has that.
 */
export const notes = ['predict', 'look', 'note', 'cgroup1', 'cgroup2', 'practice'] as const;
export type Note = (typeof notes)[number];

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'em'; content: Inline[] }
  | { kind: 'link'; href: string; content: Inline[] }
  /** a step of the lifecycle, a term of the glossary, or another lesson */
  | { kind: 'step' | 'term' | 'lesson'; id: string; text: string }
  | { kind: 'see'; view: View; sel?: string; text: string }
  /** the name of the lesson's own container, known when the lesson is open */
  | { kind: 'machine' };

export type Block =
  | { kind: 'paragraph'; content: Inline[] }
  | { kind: 'heading'; depth: 2 | 3; content: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Block[][] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'ways'; ways: { way: Way; language: string; text: string }[] }
  | { kind: 'note'; note: Note; content: Block[] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  /** the text of a task; its state is shown beside it */
  | { kind: 'task'; id: string; content: Inline[] }
  /** the question with this number, from 1, shown here instead of at the end */
  | { kind: 'question'; number: number }
  /** the prediction with this number, from 1: the learner guesses before the result is shown */
  | { kind: 'prediction'; number: number };

/**
 * What tests do in the learner's place: text typed into the container's terminal, a command for a shell on the host
 * (with `drydock` and `docker`), or a command to the gate.
 */
export type Act = { type: string } | { host: string } | { gate: 'next' | 'into' | 'continue' };
/** `hint`: number, from 1, of the hint that must appear */
export interface Wrong {
  acts: Act[];
  hint?: number;
}

export interface Task {
  id: string;
  /** edge: it happened after the lesson was opened; level: it is true now */
  mode: 'edge' | 'level';
  /**
   * own: it is true of the lesson's own container; other: of another one that was created after the lesson was opened.
   * A container that has nothing to do with the lesson must not solve a task. any: either; only in challenges, whose
   * container may be replaced by a repaired one, and whose checks therefore name it.
   */
  whose: 'own' | 'other' | 'any';
  /** tasks that must be done first; only later events count */
  after: string[];
  check: Check;
  /** `when`: shown as soon as this holds; hints without it are shown one by one, after each attempt or on request */
  hints: { when?: Check }[];
  solve: Act[];
  wrong: Wrong[];
}

export interface Question {
  ask: Inline[];
  options: Inline[][];
  /** for each option why it is wrong; empty for the right one */
  reasons: Inline[][];
  because: Inline[];
}
/** A guess before something happens. What is asked stands in the box around it. */
export interface Prediction {
  options: Inline[][];
  /** for each option what is to be said of it when the result is known */
  reasons: Inline[][];
}
export interface LessonText {
  title: string;
  /** what the lesson is about, in the field's terms; the title may be a riddle */
  about: string;
  body: Block[];
  /** by task id, in the order of its hints */
  hints: Record<string, Inline[][]>;
  quiz: Question[];
  predictions: Prediction[];
}

/** What the learner can point at: an object in a picture, or a thing that is chosen by its id. */
export interface Mark {
  id: string;
  view: View;
  /** regular expression for the ids of the objects in the picture that mean it: `^cgroup:.*memory` */
  sel: string;
}
/** What a challenge has and a lesson has not. Its `{{machine}}` is the container's drawn name. */
export interface Challenge {
  /** an image that is built from the files, named likewise */
  image?: string;
  /** containers beside the broken one: `name` follows the machine's name and `-`; arguments of `drydock run` */
  also: { name: string; run: string }[];
  /** arguments of `drydock run` of the healthy twin, which the last hint starts as `MACHINE-twin` */
  twin: string;
  /** in the order of the first question's options: that question is the pointing */
  marks: Mark[];
}

export interface Lesson {
  id: string;
  module: string;
  /** position in the course, from 1 */
  number: number;
  minutes: number;
  needs: string[];
  requires: Requirement[];
  /** the container that opening the lesson starts: arguments of `drydock run`, and the breakpoints */
  machine?: { run: string; pauseAt: string[] };
  view?: { open: View; focus?: string };
  /**
   * By name: the values of which one is drawn when the lesson is opened. `{{NAME}}` stands for it in `machine.run`,
   * `twin`, `also`, files, checks, acts and texts, as `{{own}}` does for the name with which everything begins that the
   * learner makes and the lesson removes.
   */
  vary: Record<string, string[]>;
  /** networks that are made before its container; each name follows the drawn one and `-` */
  networks: string[];
  /** path → text: what is written into the practice directory, `{{dir}}`, when the lesson is opened */
  files?: Record<string, string>;
  tasks: Task[];
  /** for each question the number of the right option, from 0 */
  answers: number[];
  /** `answer`: number of the right option, from 0; `after`: the task that shows the result */
  predictions: { answer: number; after?: string }[];
  text: { en: LessonText; ru?: LessonText };
  challenge?: Challenge;
}

export interface Module {
  id: string;
  text: { en: ModuleText; ru?: ModuleText };
}
export interface ModuleText {
  title: string;
  body: Block[];
}
export interface Term {
  id: string;
  title: string;
  body: Block[];
}
export interface Course {
  modules: Module[];
  lessons: Lesson[];
  /** module and number mean nothing in them */
  challenges: Lesson[];
  glossary: { en: Term[]; ru: Term[] };
}
