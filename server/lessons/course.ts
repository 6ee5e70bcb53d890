/** Loads the lessons that the build wrote, and their engine. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Course } from '../../lessons/format.ts';
import { Lessons } from '../../lessons/engine/lessons.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import { parseRunLine } from '../live/ask/run-line.ts';

const none: Course = { modules: [], lessons: [], challenges: [], glossary: { en: [], ru: [] } };

export function openLessons(engine: Engine): Lessons {
  const file = join(packageRoot, 'dist/lessons.json');
  const course = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Course) : none;
  return new Lessons({ engine, course, request: (line) => parseRunLine(line).request });
}
