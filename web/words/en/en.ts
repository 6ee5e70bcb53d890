/**
 * Every word of the page, by room. English is the pattern: another language has the same words, or does not compile.
 */
import { app } from './app.ts';
import { draw } from './draw.ts';
import { filter } from './filter.ts';
import { lessons } from './lessons.ts';
import { panels } from './panels.ts';

export const en = { app, draw, filter, lessons, panels };
export type Words = typeof en;
