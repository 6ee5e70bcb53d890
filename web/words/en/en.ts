/**
 * All texts of the page, by folder. The types of the other languages derive from English: a missing text is a compile
 * error.
 */
import { app } from './app.ts';
import { draw } from './draw.ts';
import { filter } from './filter.ts';
import { lessons } from './lessons.ts';
import { near } from './near.ts';
import { palette } from './palette.ts';
import { panels } from './panels.ts';
import { start } from './start.ts';
import { tour } from './tour.ts';

export const en = { app, draw, filter, lessons, near, palette, panels, start, tour };
export type Words = typeof en;
