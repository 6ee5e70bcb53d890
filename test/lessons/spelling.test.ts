/**
 * Checks the spelling of lessons, glossaries and the page's texts in both languages. Technical terms are in
 * words.en.txt and words.ru.txt.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';
import { Speller, termsOf } from './speller.ts';
import { stringsIn } from './strings.ts';
import { wordsIn, type Word } from './words.ts';

const test = suite('spelling of the lessons and of the page');
const root = join(packageRoot, 'lessons');
/** The page's texts; for the steps, their Russian texts. */
const page = join(packageRoot, 'web/words');
const languages = ['en', 'ru'] as const;

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)(lesson|challenge|module|glossary)(\.ru)?\.md$/.test(file))
  .sort();
const tables = readdirSync(page, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort();
const words = [
  ...files.flatMap((file) => [...wordsIn(file, readFileSync(join(root, file), 'utf8'))]),
  ...tables.flatMap((file) => [...stringsIn(file, readFileSync(join(page, file), 'utf8'))]),
];
const of = (language: Word['language'], all: readonly Word[] = words) =>
  all.filter((word) => word.language === language);
const speller = (language: Word['language'], all: readonly Word[] = words) =>
  new Speller(language, [...of(language, all).map(({ word }) => word), ...termsOf(language)]);
/** `file:line: word`, each word once per file. */
const misspelt = (all: readonly Word[]) =>
  languages.flatMap((language) => {
    const spelling = speller(language, all);
    const found = of(language, all).filter(({ word }) => !spelling.spelt(word));
    return found
      .filter(({ file, word }, j) => found.findIndex((other) => other.file === file && other.word === word) === j)
      .map(({ file, line, word }) => `${file}:${line}: ${word}`);
  });

test('every word is one of a dictionary, or a term that is allowed', () => {
  assert.ok(files.length > 60 && tables.length > 15, `only ${files.length} and ${tables.length} files`);
  assert.ok(
    of('en').length > 10_000 && of('ru').length > 10_000,
    `only ${of('en').length} and ${of('ru').length} words`,
  );
  assert.equal(misspelt(words), []);
});

for (const language of languages) {
  test(`the list of allowed terms (${language}) is sorted, and has no word that nobody uses or that the dictionary knows`, () => {
    const terms = termsOf(language);
    assert.equal(terms, [...new Set(terms)].sort());
    const spelling = speller(language);
    assert.equal(terms.filter(spelling.inDictionary), [], 'the dictionary knows them');
    const used = new Set(of(language).map(({ word }) => spelling.term(word)));
    assert.equal(
      terms.filter((term) => !used.has(term)),
      [],
      'nobody uses them',
    );
  });
}

const LESSON = `---
id: one
title: A containner
tasks:
  first:
    check: { container.state: runing }
    hints: ["look", { when: { terminal.typed: 'teh' }, say: "not teh one" }]
    solve: "ecko"
quiz:
  - ask: "Wich?"
    options: ["one", "anothr"]
    because: "\`ecko\`, and nothig else"
---

See [[step:create.clonee]] and [[term:copyup|the frist copy]], in \`teh\` /etc/pasword.

\`\`\`sh here
ecko hallo
\`\`\`

[[task:first]] Read mount(2), clonne(2) and **thiss**.
`;
test('a misspelt word is told with file and line, wherever a reader would see it; code, ids, files and manual pages are not looked at', () => {
  assert.equal(
    misspelt([...wordsIn('lesson.md', LESSON)]),
    ['3: containner', '7: teh', '10: Wich', '11: anothr', '12: nothig', '15: frist', '21: thiss'].map(
      (found) => `lesson.md:${found}`,
    ),
  );
});

const TABLE =
  "import { one } from './wrogn.ts';\nexport const table = {\n  'a-kei': 'a wrod', said: (n: number) => `${n} thigns,\n${n} otehr`, kind: table['wrogn'],\n  ru: 'слвоо',\n};\n";
test('of a table of the page its texts are looked at, and neither its keys nor its imports', () => {
  assert.equal(
    misspelt([...stringsIn('table.ts', TABLE)]),
    ['3: wrod', '3: thigns', '4: otehr', '5: слвоо'].map((found) => `table.ts:${found}`),
  );
});

test('in Russian too, with the endings of its words', () => {
  const text =
    '## kernel | Ядро\n\nЕдинственная програма, которой принадлежат **все** машины: `праграма`.\nОна по-прежнему самая быстрая, и\nконтейнирам её хватает; kernell.\n';
  assert.equal(
    misspelt([...wordsIn('glossary.ru.md', text)]),
    ['5: kernell', '3: програма', '5: контейнирам'].map((found) => `glossary.ru.md:${found}`),
  );
});

test.run();
