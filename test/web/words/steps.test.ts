/** Every step, phase and omission has a text in each language, and both texts are about the same things. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../../runtime/syscalls/native.ts';
import { omissions } from '../../../runtime/container/leave-out.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { app as en } from '../../../web/words/en/app.ts';
import { app as ru } from '../../../web/words/ru/app.ts';
import {
  omissionTables,
  omissionWords,
  phaseTables,
  phaseWords,
  stepTables,
  stepWords,
} from '../../../web/words/steps.ts';
import { suite } from '../../harness.ts';

const test = suite('words of the steps');
const steps = phases.flatMap((phase) => phase.steps);

/** A text in English and in Russian, by id and field. */
interface Pair {
  of: string;
  en: string;
  ru: string | undefined;
}
const pairs: Pair[] = [
  ...phases.map(({ id, title }) => ({ of: `phase ${id}`, en: title, ru: phaseTables.ru[id] })),
  ...steps.flatMap(({ id, title, explain }) => [
    { of: `title of ${id}`, en: title, ru: stepTables.ru[id]?.title },
    { of: `explanation of ${id}`, en: explain, ru: stepTables.ru[id]?.explain },
  ]),
  ...omissions.flatMap(({ id, title, see }) => [
    { of: `omission ${id}`, en: title, ru: omissionTables.ru[id]?.title },
    { of: `what is seen without ${id}`, en: see, ru: omissionTables.ru[id]?.see },
  ]),
];
const failing = (fails: (en: string, ru: string) => boolean) =>
  pairs.filter(({ en, ru }) => fails(en, ru ?? '')).map(({ of }) => of);

test('each step, phase and omission is said in Russian', () => {
  assert.ok(steps.length > 90, `only ${steps.length} steps`);
  assert.equal(
    failing((en, ru) => ru === en || !/[А-Яа-яЁё]{2}/.test(ru)),
    [],
  );
});

test('nothing is said of what is not there', () => {
  const gone = (table: object, known: readonly { id: string }[]) =>
    Object.keys(table).filter((id) => !known.some((one) => one.id === id));
  assert.equal(
    [...gone(stepTables.ru, steps), ...gone(phaseTables.ru, phases), ...gone(omissionTables.ru, omissions)],
    [],
  );
});

test('a title in Russian is as short as one in English may be, and is no sentence', () => {
  assert.equal(
    steps
      .map(({ id }) => stepTables.ru[id]!.title)
      .filter((title) => title.length > 60 || title.endsWith('.') || !/^[А-ЯЁ]/.test(title)),
    [],
  );
});

/** A translation may change the order, but it mentions the same code and manual pages and has as many paragraphs. */
const code = (text: string) =>
  [...text.matchAll(/`[^`]+`/g)]
    .map(([found]) => found)
    .sort()
    .join(' ');
const manuals = (text: string) =>
  [...new Set([...text.matchAll(/\b[a-z_0-9-]+\(\d\)/g)].map(([found]) => found))].sort().join(' ');
const constants = (text: string) =>
  [...new Set([...text.matchAll(/\b[A-Z]+_[A-Z_0-9]+\b/g)].map(([found]) => found))].sort().join(' ');
const paragraphs = (text: string) => text.trim().split(/\n\s*\n/).length;

test('an explanation in Russian has the same code, constants, manual pages and paragraphs', () => {
  for (const same of [code, manuals, constants, paragraphs])
    assert.equal(
      failing((en, ru) => same(en) !== same(ru)),
      [],
      same.name,
    );
});

test('the page gets a step in its language, with all else that it has; one that is not known stays as it was told', () => {
  const [pull] = phases;
  const [first] = pull!.steps;
  assert.is(stepWords('en', first!), first);
  assert.equal(stepWords('ru', { ...first!, source: 1 }), { ...first, ...stepTables.ru[first!.id], source: 1 });
  assert.is(phaseWords('ru', pull!).title, phaseTables.ru['pull']);
  assert.equal(
    phaseWords('ru', pull!).steps.map(({ title }) => title),
    pull!.steps.map(({ id }) => stepTables.ru[id]?.title),
  );
  const newer = { id: 'pull.newer', title: 'Newer', explain: 'A step of a newer daemon.' };
  assert.equal(phaseWords('ru', { id: 'newer', title: 'Newer', steps: [newer] }), {
    id: 'newer',
    title: 'Newer',
    steps: [newer],
  });
  assert.is(omissionWords('ru', omissions[0]!).title, omissionTables.ru['pid-namespace']!.title);
});

test('a lesson in Russian calls a step, and a button that moves the run, as the page does that is read beside it', () => {
  const lessons = join(packageRoot, 'lessons');
  const buttons = (['next', 'into', 'continue', 'abort', 'again'] as const).filter(
    (name) => ru.now[name] !== en.now[name],
  );
  const files = readdirSync(lessons, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('lesson.ru.md'),
  );
  const found = files.flatMap((file) => {
    const text = readFileSync(join(lessons, file), 'utf8');
    const english = steps
      .filter(({ title }) => text.includes(`|${title}]]`) || text.includes(`*${title}*`))
      .map(({ title }) => `${file}: ${title}`);
    // A label with a capital is a step's title, because a reader looks for it in the list of steps.
    const labels = [...text.matchAll(/\[\[step:([a-z0-9.-]+)\|([А-ЯЁ][^\]]*)\]\]/g)]
      .filter(([, id, label]) => stepTables.ru[id!]?.title !== label)
      .map(([label]) => `${file}: ${label}`);
    return [
      ...english,
      ...labels,
      ...buttons.filter((name) => text.includes(`*${en.now[name]}*`)).map((name) => `${file}: *${en.now[name]}*`),
    ];
  });
  assert.ok(files.length > 20, `only ${files.length} files`);
  assert.equal(found, []);
});

test.run();
