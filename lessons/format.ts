/**
 * What a lesson is when it has been read: the daemon evaluates it, the page and the terminal show it. Pure types and
 * the words they are made of.
 */
import type { Check } from './checks/check.ts';

export const languages = ['en', 'ru'] as const;
export type Language = (typeof languages)[number];

/** What a machine may lack: a lesson that requires it is shown with the reason instead of its task. */
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

/** The pictures of the page, as `[[see:…]]` and `view` name them. */
export const views = [
  'machine',
  'namespaces',
  'overlay',
  'cgroups',
  'network',
  'security',
  'timeline',
  'journal',
  'kernel',
] as const;
export type View = (typeof views)[number];

/**
 * The same thing three ways: fenced code with one of these after the language, in a row, becomes one block with tabs.
 */
export const ways = ['here', 'docker', 'by-hand'] as const;
export type Way = (typeof ways)[number];

/**
 * `> [!predict]` and its kind: what the reader is to do with the quotation. A requirement's name shows it only where
 * the machine has it.
 */
export const notes = ['predict', 'look', 'note', 'cgroup1', 'cgroup2', 'practice'] as const;
export type Note = (typeof notes)[number];

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'strong' | 'em'; content: Inline[] }
  | { kind: 'link'; href: string; content: Inline[] }
  /** a step of the lifecycle, an object in a picture, a term of the glossary, another lesson */
  | { kind: 'step' | 'term' | 'lesson'; id: string; text: string }
  | { kind: 'see'; view: View; sel?: string; text: string }
  /** the name of the lesson's own container, known when it has been opened */
  | { kind: 'machine' };

export type Block =
  | { kind: 'paragraph'; content: Inline[] }
  | { kind: 'heading'; depth: 2 | 3; content: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Block[][] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'ways'; ways: { way: Way; language: string; text: string }[] }
  | { kind: 'note'; note: Note; content: Block[] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  /** what the task asks for, in words; its state stands beside it */
  | { kind: 'task'; id: string; content: Inline[] }
  /** the question with this number, from 1, asked here instead of at the end */
  | { kind: 'question'; number: number };

/**
 * What tests do for the learner: typed into the container's own terminal, into a shell of the host (with `drydock` and
 * `docker`), or said to the gate.
 */
export type Act = { type: string } | { host: string } | { gate: 'next' | 'into' | 'continue' };
/** `hint`: the number, from 1, of the hint that it has to bring */
export interface Wrong {
  acts: Act[];
  hint?: number;
}

export interface Task {
  id: string;
  /** edge: it happened after the lesson was opened; level: it is so now */
  mode: 'edge' | 'level';
  /** looked at only when these are done, and for what happens from then on */
  after: string[];
  check: Check;
  /** `when`: told as soon as this holds; the others one by one, after each attempt or when asked for */
  hints: { when?: Check }[];
  solve: Act[];
  wrong: Wrong[];
}

export interface Question {
  ask: Inline[];
  options: Inline[][];
  because: Inline[];
}
export interface LessonText {
  title: string;
  body: Block[];
  /** by task, in the order of its hints */
  hints: Record<string, Inline[][]>;
  quiz: Question[];
}

export interface Lesson {
  id: string;
  module: string;
  /** its place in the course, from 1 */
  number: number;
  minutes: number;
  needs: string[];
  requires: Requirement[];
  /** the container that opening the lesson starts: words of `drydock run`, and where to stop */
  machine?: { run: string; pauseAt: string[] };
  view?: { open: View; focus?: string };
  tasks: Task[];
  /** of each question the number of the right option, from 0 */
  answers: number[];
  text: { en: LessonText; ru?: LessonText };
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
  glossary: { en: Term[]; ru: Term[] };
}
