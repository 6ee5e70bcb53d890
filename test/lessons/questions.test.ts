/** Questions and predictions within the text of a lesson. */
import * as assert from 'uvu/assert';
import { keepBack } from '../../lessons/keep-back.ts';
import { loadCourse } from '../../lessons/load.ts';
import { suite } from '../harness.ts';
import { course, removeCourses, troubles } from './made-course.ts';

const test = suite('lessons: questions and predictions');
test.after(removeCourses);

test('a question can be asked within the text, in a box too; it has to be there, and once', () => {
  const asking = (more: string) => course((text) => text.replace('Do it.', `Do it.\n\n${more}`));
  const [lesson] = loadCourse(asking('> [!predict]\n> Think.\n>\n> [[quiz:1]]')).lessons;
  assert.equal(lesson!.text.en.body[2], {
    kind: 'note',
    note: 'predict',
    content: [
      { kind: 'paragraph', content: [{ kind: 'text', text: 'Think.' }] },
      { kind: 'question', number: 1 },
    ],
  });
  assert.match(troubles(asking('[[quiz:2]]'))[0]?.message ?? '', /asks question 2, the front matter has 1/);
  assert.match(troubles(asking('[[quiz:1]]\n\n[[quiz:1]]'))[0]?.message ?? '', /asks question 1 twice/);
});

const PREDICT = `predict:
  - after: first
    options: [{ say: "x", why: "because of x" }, { say: "y", why: "because of y" }]
    answer: 1
---

Before.

> [!predict]
> Think.
>
> [[predict:1]]
`;
test('a prediction is read with its reasons; a wrong option without a reason is refused, and so is a guess never asked', () => {
  const predicting = (change: (text: string) => string) =>
    course((text) => change(text.replace('---\n\nSee', `${PREDICT}\nSee`)));
  const [lesson] = loadCourse(predicting((text) => text)).lessons;
  assert.equal(lesson!.predictions, [{ answer: 0, after: 'first' }]);
  assert.equal(lesson!.text.en.predictions[0]!.reasons[1], [{ kind: 'text', text: 'because of y' }]);
  const told = (change: (text: string) => string) => troubles(predicting(change))[0]?.message ?? '';
  assert.match(
    told((text) => text.replace('say: "a", why: "it is not a"', 'say: "a"')),
    /a wrong option says why it is wrong/,
  );
  assert.match(
    told((text) => text.replace('"b"]', '{ say: "b", why: "no" }]')),
    /the right option needs no why/,
  );
  assert.match(
    told((text) => text.replace(', why: "because of y"', '')),
    /each option of a prediction says why/,
  );
  assert.match(
    told((text) => text.replace('after: first', 'after: last')),
    /no task is called "last"/,
  );
  assert.match(
    told((text) => text.replace('[[predict:1]]', 'Go.')),
    /the text has no \[\[predict:1\]\]/,
  );
});

test('an open prediction keeps back the text up to the next heading, but no task and no code', () => {
  const [lesson] = loadCourse(
    course((text) =>
      text
        .replace('---\n\nSee', `${PREDICT}\nSee`)
        .replace('Do it.', 'Do it.\n\n```sh\nls\n```\n\nThe result.\n\n## Next\n\nMore.'),
    ),
  ).lessons;
  const { body } = lesson!.text.en;
  const kept = (open: number[]) =>
    keepBack(body, open).flatMap(({ block, keptBackBy }, j) => (keptBackBy ? [`${j} ${block.kind}`] : []));
  assert.equal(
    body.map(({ kind }) => kind),
    ['paragraph', 'note', 'paragraph', 'task', 'code', 'paragraph', 'heading', 'paragraph'],
  );
  assert.equal(kept([1]), ['2 paragraph', '5 paragraph']);
  assert.equal(kept([]), []);
});

test.run();
