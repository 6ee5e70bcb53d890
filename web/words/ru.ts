import type { Words } from './en/en.ts';
import { app } from './ru/app.ts';
import { draw } from './ru/draw.ts';
import { filter } from './ru/filter.ts';
import { lessons } from './ru/lessons.ts';
import { near } from './ru/near.ts';
import { palette } from './ru/palette.ts';
import { panels } from './ru/panels.ts';
import { start } from './ru/start.ts';
import { tour } from './ru/tour.ts';
import type { Spoken } from './spoken.ts';
import { omissionWords, phaseWords } from './steps.ts';
import { evidenceWords, messageWords, whyWords } from './told.ts';
import { factWords } from './tables/fact-words.ts';

export const ru: Words = { app, draw, filter, lessons, near, palette, panels, start, tour };

export const russian: Spoken = {
  words: ru,
  phase: (phase) => phaseWords('ru', phase),
  omission: (omission) => omissionWords('ru', omission),
  message: (text) => messageWords('ru', text),
  why: (text) => whyWords('ru', text),
  evidence: (evidence) => evidenceWords('ru', evidence),
  fact: (fact) => factWords('ru', fact),
};
