/**
 * Every word of the page, by room. English is the pattern: another language has the same words, or does not compile.
 */
import { app } from './en/app.ts';
import { draw } from './en/draw.ts';
import { filter } from './en/filter.ts';
import { lessons } from './en/lessons.ts';
import { panels } from './en/panels.ts';

export const en = { app, draw, filter, lessons, panels };
export type Words = typeof en;
