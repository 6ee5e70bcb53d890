/** A course of one lesson in a temporary folder, with what a test changes in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCourse } from '../../lessons/load.ts';
import { LessonsError, type Trouble } from '../../lessons/trouble.ts';

const dirs: string[] = [];
export const removeLater = (dir: string): void => void dirs.push(dir);
export const removeCourses = (): void => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true }));

export const GOOD = `---
id: one
title: One
about: what it is about
tasks:
  first:
    check: { container.state: running }
    hints: ["look", { when: { terminal.typed: '^ls' }, say: "not ls" }]
    solve: "true"
    wrong: ["ls"]
quiz:
  - ask: "Which?"
    options: [{ say: "a", why: "it is not a" }, "b"]
    answer: 2
    because: "b"
---

See [[step:create.clone3]], [[see:overlay upper:/etc]] and [[term:copy-up]].

[[task:first]] Do it.
`;
/** A course of one lesson, with one change. */
export function course(change: (text: string) => string, more: Record<string, string> = {}): string {
  const dir = mkdtempSync('/tmp/drydock-lessons-');
  removeLater(dir);
  mkdirSync(join(dir, '010.m/010.one'), { recursive: true });
  writeFileSync(join(dir, 'glossary.md'), '## copy-up | Copy-up\n\nA copy.\n');
  writeFileSync(join(dir, '010.m/module.md'), '---\ntitle: M\n---\n\nText.\n');
  writeFileSync(join(dir, '010.m/010.one/lesson.md'), change(GOOD));
  for (const [file, text] of Object.entries(more)) {
    mkdirSync(join(dir, file, '..'), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
  return dir;
}
export function troubles(dir: string): readonly Trouble[] {
  try {
    loadCourse(dir);
    return [];
  } catch (error) {
    if (error instanceof LessonsError) return error.troubles;
    throw error;
  }
}
