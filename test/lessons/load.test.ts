import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { checksTable } from '../../lessons/checks/documentation.ts';
import { views, type Block } from '../../lessons/format.ts';
import { loadCourse } from '../../lessons/load.ts';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';
import { course, GOOD, removeCourses, removeLater, troubles } from './made-course.ts';

const test = suite('lessons: reading them');
const root = join(packageRoot, 'lessons');
test.after(removeCourses);

const LESSON = '010.m/010.one/lesson.md';
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

test('the lessons that are there are good, and every module has some', () => {
  const { lessons, modules, glossary } = loadCourse(root);
  assert.ok(lessons.length >= 1);
  for (const { id } of modules)
    assert.ok(
      lessons.some(({ module }) => module === id),
      `module ${id} has no lesson`,
    );
  assert.equal(
    glossary.ru.map(({ id }) => id),
    glossary.en.map(({ id }) => id),
  );
  assert.equal(
    lessons.filter(({ text }) => !text.ru).map(({ id }) => id),
    [],
    'lessons without a Russian text',
  );
  assert.equal(
    modules.filter(({ text }) => !text.ru).map(({ id }) => id),
    [],
    'modules without a Russian text',
  );
});

test('a good course is read, references and all', () => {
  const [lesson] = loadCourse(course((text) => text)).lessons;
  const [first, task] = lesson!.text.en.body as [Block & { kind: 'paragraph' }, Block];
  assert.equal(
    first.content.filter(({ kind }) => kind !== 'text'),
    [
      { kind: 'step', id: 'create.clone3', text: 'clone3' },
      { kind: 'see', view: 'overlay', sel: 'upper:/etc', text: 'overlay' },
      { kind: 'term', id: 'copy-up', text: 'copy up' },
    ],
  );
  assert.equal(task, { kind: 'task', id: 'first', content: [{ kind: 'text', text: 'Do it.' }] });
  assert.equal(lesson!.answers, [1]);
  assert.is(lesson!.tasks[0]!.mode, 'edge');
});

const mistakes: [what: string, from: string, to: string, at: string, message: RegExp][] = [
  [
    'an unknown step in the text',
    'create.clone3',
    'create.clone9',
    'create.clone9',
    /no step is called create\.clone9/,
  ],
  ['an unknown term', 'term:copy-up', 'term:copy-down', 'term:copy-down', /no term is called copy-down/],
  ['an unknown view', 'see:overlay', 'see:overlie', 'see:overlie', /no view is called overlie; there are machine, /],
  ['an unknown reference', '[[term:copy-up]]', '[[word:copy-up]]', '[[word:', /\[\[word:…\]\] is not known/],
  [
    'an unknown check',
    'container.state: running',
    'container.mood: good',
    'check:',
    /no check is called container\.mood/,
  ],
  [
    'a wrong argument',
    'container.state: running',
    'container.state: happy',
    'check:',
    /container\.state: one of created, running, .* is needed, got "happy"/,
  ],
  ['a broken regular expression', "'^ls'", "'^(ls'", 'hints:', /terminal\.typed: Invalid regular expression/],
  ['an answer that is no option', 'answer: 2', 'answer: 3', 'answer: 3', /from 1 to 2, got 3/],
  ['a field that means nothing', 'title: One', 'titel: One', 'titel:', /titel: not known here; known are id, title/],
  [
    'a task that the text does not have',
    '[[task:first]] Do it.',
    'Do it.',
    'first:',
    /no paragraph that begins with \[\[task:first\]\]/,
  ],
  ['a task without words', '[[task:first]] Do it.', '[[task:first]]', '[[task:first]]', /asks for nothing/],
  [
    'a task without hints',
    'hints: ["look", { when: { terminal.typed: \'^ls\' }, say: "not ls" }]',
    'hints: []',
    'hints: []',
    /at least one hint/,
  ],
  ['HTML', 'Do it.', 'Do it.\n\n<script>alert(1)</script>', '<script>', /html is not taken/],
  ['a link that is not https', 'Do it.', 'Do [it](javascript:alert).', '[[task:first]]', /a link begins with https/],
  [
    'markup in the words of a reference',
    '[[term:copy-up]]',
    '[[term:copy-up|*copies* up]]',
    '[[term:copy-up|',
    /the words of a link are plain text, got \*copies\* up/,
  ],
  [
    'code in the words of a reference, in a question',
    'because: "b"',
    'because: "[[term:copy-up|`b`]]"',
    'because:',
    /the words of a link are plain text, got `b`/,
  ],
  [
    'HTML in the words of a reference',
    '[[term:copy-up]]',
    '[[term:copy-up|<b>copies</b>]]',
    '[[term:copy-up|',
    /the words of a link are plain text/,
  ],
  [
    'a question in the middle of a sentence',
    'Do it.',
    'Do it. [[quiz:1]]',
    '[[task:first]]',
    /a question is a paragraph of its own/,
  ],
  [
    'a question without a number',
    'Do it.',
    'Do it.\n\n[[quiz:first]]',
    '[[quiz:',
    /the number of a question is needed/,
  ],
  [
    'a question that not everybody is shown',
    'Do it.',
    'Do it.\n\n> [!cgroup2]\n> Here.\n>\n> [[quiz:1]]',
    '> [!cgroup2]',
    /a question in it would not be asked/,
  ],
  ['code without a language', 'Do it.', 'Do it.\n\n```\nls\n```', '```\nls', /fenced code says its language/],
  ['broken YAML', 'title: One', 'title: [One', 'title: [One', /./],
  [
    'a need that no lesson meets',
    'title: One',
    'title: One\nneeds: [zero]',
    'needs:',
    /no lesson before this one is called zero/,
  ],
  ['a value that is not drawn', 'Do it.', 'Do `{{it}}`.', 'Do `{{it}}`.', /\{\{it\}\} is used, and has no values/],
  [
    'a file outside the practice directory',
    'title: One',
    'title: One\nfiles: { ../one: text }',
    'files:',
    /a relative path without \. and \.\. is needed/,
  ],
  [
    'a place to pause that is not there',
    'title: One',
    'title: One\nmachine: { run: "ubuntu", pauseAt: [create.nothing] }',
    'machine:',
    /no step, phase or system call is called create\.nothing/,
  ],
];
for (const [what, from, to, at, message] of mistakes) {
  test(`${what} is told with file and line`, () => {
    const text = GOOD.replace(from, to);
    assert.is.not(text, GOOD);
    const found = troubles(course(() => text));
    const hit = found.find((trouble) => message.test(trouble.message));
    assert.ok(hit, `${message} is not in ${JSON.stringify(found)}`);
    assert.is(hit.file, LESSON);
    // The YAML parser reports an unclosed bracket at the next token.
    if (what !== 'broken YAML') assert.is(hit.line, lineOf(text, at));
  });
}

test('an id that is used twice is told where it is used again', () => {
  const found = troubles(course((text) => text, { '010.m/020.two/lesson.md': GOOD }));
  assert.equal(
    found.map(({ file, line, message }) => [file, line, message]),
    [['010.m/020.two/lesson.md', 2, 'id: the id one is taken']],
  );
});

test('all that is wrong is told at once', () => {
  assert.ok(
    troubles(
      course((text) =>
        text.replace('create.clone3', 'create.x').replace('answer: 2', 'answer: 7').replace('overlay upper', 'x upper'),
      ),
    ).length >= 3,
  );
});

const RU = GOOD.replace(/^id: one\n/m, '')
  .replace(/tasks:[\s\S]*?quiz:/, 'tasks:\n  first:\n    hints: ["взгляните", "не ls"]\nquiz:')
  .replace(/ {4}answer: 2\n/, '');
test('a translation has the same tasks, hints, questions, links and code', () => {
  const file = '010.m/010.one/lesson.ru.md';
  assert.equal(troubles(course((text) => text, { [file]: RU })), []);
  for (const [from, to, message] of [
    ['[[term:copy-up]]', 'nothing', /links differ/],
    ['"не ls"', '"не ls", "и не cat"', /hints differ/],
    ['"b"]', '"b", "c"]', /questions differ/],
    [', why: "it is not a"', '', /questions differ/],
    ['Do it.', 'Do it.\n\n```sh\nls\n```', /code blocks differ/],
  ] as const) {
    const found = troubles(course((text) => text, { [file]: RU.replace(from, to) }));
    assert.ok(
      found.some((trouble) => trouble.file === file && message.test(trouble.message)),
      `${message}: ${JSON.stringify(found)}`,
    );
  }
});

test('the views that lessons may name are the pictures of the page', () => {
  const pictures = readdirSync(join(packageRoot, 'web/panels'))
    .filter((name) => name.endsWith('.svelte'))
    .map((name) => name.replace('.svelte', '').toLowerCase());
  assert.equal(
    views.filter((view) => !['journal', 'kernel'].includes(view) && !pictures.includes(view)),
    [],
  );
});

test('the table of checks in lessons/README.md is that of the checks', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, table] = /<!-- checks -->\n([\s\S]*?)\n?<!-- \/checks -->/.exec(readme) ?? [];
  if (process.env['DRYDOCK_WRITE_TABLE'])
    writeFileSync(
      join(root, 'README.md'),
      readme.replace(
        /(<!-- checks -->\n)[\s\S]*?(<!-- \/checks -->)/,
        (_, a: string, b: string) => `${a}${checksTable()}\n${b}`,
      ),
    );
  else assert.is(table, checksTable());
});

test('a course in a folder of its own needs nothing else', () => {
  const dir = mkdtempSync('/tmp/drydock-lessons-');
  removeLater(dir);
  cpSync(root, dir, { recursive: true });
  assert.is(loadCourse(dir).lessons.length, loadCourse(root).lessons.length);
});

test.run();
