/** Reads all lessons and writes them to dist/lessons.json, from which the daemon loads them. */
import { writeFileSync } from 'node:fs';
import { loadCourse } from './load.ts';
import { LessonsError } from './trouble.ts';

try {
  writeFileSync('dist/lessons.json', JSON.stringify(loadCourse('lessons')));
} catch (error) {
  if (!(error instanceof LessonsError)) throw error;
  console.error(error.message.replace(/^/gm, 'lessons/'));
  process.exit(1);
}
