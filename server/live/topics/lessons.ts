/** Topics of lessons on the page: list, open, answer. The state of the open lesson is sent after each change. */
import type { LessonContent } from '../../../lessons/engine/lessons.ts';
import type { LessonList, LessonState } from '../../../lessons/engine/state.ts';
import { languages, type Language } from '../../../lessons/format.ts';
import { oneOf, optional, text, truth, whole } from '../ask/checks.ts';
import { parseJson } from '../../../runtime/json/parse-json.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { LIMITS } from '../ask/limits.ts';
import { Watching } from '../ask/watching.ts';
import type { Answerers } from '../ask/topic.ts';

export interface LessonAsks {
  lessons: { ask: { learner: string; language: Language }; answer: LessonList };
  lesson: { ask: { id: string; language: Language }; answer: LessonContent };
  /** opens a lesson or continues it; after that `lesson` messages come; `again`: from the beginning */
  lessonOpen: { ask: { learner: string; id: string; again?: boolean }; answer: LessonState };
  lessonLeave: { ask: { learner: string; id: string }; answer: object };
  lessonAnswer: { ask: { learner: string; id: string; question: number; chosen: number }; answer: LessonState };
  lessonGuess: { ask: { learner: string; id: string; prediction: number; chosen: number }; answer: LessonState };
  lessonHint: { ask: { learner: string; id: string; task: string }; answer: LessonState };
  progress: { ask: { learner: string }; answer: object };
  /** the exported text */
  progressImport: { ask: { learner: string; file: string }; answer: object };
}

/** A page follows one lesson at a time. */
const following = new Watching();
const language = oneOf(languages);
const long = (value: unknown): string => {
  if (typeof value !== 'string' || value.length > LIMITS.message)
    throw new Error(`a text of at most ${LIMITS.message} characters is needed`);
  return value;
};

export const lessonTopics: Answerers<LessonAsks> = {
  lessons: {
    shape: { learner: text, language },
    answer: ({ lessons }, asked) => lessons.list(asked.learner, asked.language),
  },
  lesson: {
    shape: { id: text, language },
    answer: ({ lessons }, { id, language: wanted }) => lessons.content(id, wanted),
  },
  lessonOpen: {
    shape: { learner: text, id: text, again: optional(truth) },
    answer: async (asker, { learner, id, again }) => {
      following.end(asker, 'lesson');
      const state = await asker.lessons.open(learner, id, again ?? false);
      // a slow viewer gets the newest state later, because each state is complete
      following.begin(asker, 'lesson', () =>
        asker.lessons.follow(learner, id, (now) => asker.tell({ type: 'lesson', state: now })),
      );
      return state;
    },
  },
  lessonLeave: {
    shape: { learner: text, id: text },
    answer: async (asker, { learner, id }) => {
      following.end(asker, 'lesson');
      await asker.lessons.leave(learner, id);
      return {};
    },
  },
  lessonAnswer: {
    shape: { learner: text, id: text, question: whole(1000), chosen: whole(1000) },
    answer: ({ lessons }, { learner, id, question, chosen }) => lessons.answer(learner, id, question, chosen),
  },
  lessonGuess: {
    shape: { learner: text, id: text, prediction: whole(1000), chosen: whole(1000) },
    answer: ({ lessons }, { learner, id, prediction, chosen }) => lessons.guess(learner, id, prediction, chosen),
  },
  lessonHint: {
    shape: { learner: text, id: text, task: text },
    answer: ({ lessons }, { learner, id, task }) => lessons.hint(learner, id, task),
  },
  progress: { shape: { learner: text }, answer: ({ lessons }, { learner }) => lessons.exported(learner) },
  progressImport: {
    shape: { learner: text, file: long },
    answer: ({ lessons }, { learner, file }) => {
      let given: unknown;
      try {
        given = parseJson(file);
      } catch {
        throw badParameter('the progress file is no JSON');
      }
      return lessons.imported(learner, given);
    },
  },
};
