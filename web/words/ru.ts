import type { Words } from './en.ts';
import { app } from './ru/app.ts';
import { draw } from './ru/draw.ts';
import { filter } from './ru/filter.ts';
import { lessons } from './ru/lessons.ts';
import { panels } from './ru/panels.ts';

export const ru: Words = { app, draw, filter, lessons, panels };
