/** Reads the fields of front matter that a challenge has and a lesson has not. */
import { views, type Challenge, type Mark, type View } from './format.ts';
import type { Fields } from './fields.ts';

export const challengeFields = ['image', 'also', 'twin', 'marks'] as const;

function readMark(fields: Fields, j: number): Mark {
  const at = ['marks', j];
  fields.only(at, ['id', 'view', 'sel']);
  const [id, view, sel] = ['id', 'view', 'sel'].map((name) => fields.text([...at, name])) as [string, string, string];
  if (id && !/^[a-z][a-z0-9-]*$/.test(id))
    fields.trouble([...at, 'id'], 'the id of a mark is small letters, digits and -');
  if (view && !(views as readonly string[]).includes(view))
    fields.trouble([...at, 'view'], `no view is called ${view}`);
  fields.read([...at, 'sel'], () => new RegExp(sel));
  return { id, view: view as View, sel };
}

/**
 * `tasks`: the ids of its tasks, which must be `point` and `mend`; `options`: the number of options of its first
 * question, which is the pointing.
 */
export function readChallenge(fields: Fields, tasks: readonly string[], options: number): Challenge {
  if (tasks.join() !== 'point,mend') fields.trouble(['tasks'], 'a challenge has the tasks point and mend');
  if (String(fields.value(['tasks', 'mend', 'after'])) !== 'point')
    fields.trouble(['tasks', 'mend'], 'mend comes after: [point]');
  const run = fields.value(['machine', 'run']);
  if (typeof run !== 'string') fields.trouble(['machine'], 'a challenge has a machine');
  const marks = fields.list(['marks']).map((_, j) => readMark(fields, j));
  if (marks.length !== options)
    fields.trouble(['marks'], `the first question has ${options} options, got ${marks.length}`);
  for (const [j, { id }] of marks.entries())
    if (marks.findIndex((one) => one.id === id) !== j)
      fields.trouble(['marks', j, 'id'], `the mark ${id} is there twice`);
  const also = fields.list(['also']).map((_, j) => {
    fields.only(['also', j], ['name', 'run']);
    return { name: fields.text(['also', j, 'name']), run: fields.text(['also', j, 'run']) };
  });
  const image = fields.value(['image']) === undefined ? undefined : fields.text(['image']);
  if (image && fields.value(['files', 'Dockerfile']) === undefined)
    fields.trouble(['image'], 'the image is built from files, one of which is Dockerfile');
  return { ...(image && { image }), also, twin: fields.text(['twin']), marks };
}
