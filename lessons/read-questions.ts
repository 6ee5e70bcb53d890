/**
 * Reads the questions and the predictions of a lesson's front matter. An option is a text, or `{ say, why }`: `why` is
 * told to a learner who has chosen it.
 */
import type { Fields } from './fields.ts';
import type { Inline, Lesson, Prediction, Question } from './format.ts';

type Path = (string | number)[];
/** Reads one line of text; `path` is its place in the front matter. */
export type ReadLine = (path: Path, value: unknown) => Inline[];

interface Options {
  options: Inline[][];
  reasons: Inline[][];
}

function readOptions(fields: Fields, line: ReadLine, path: Path): Options {
  const given = fields.list([...path, 'options']);
  if (given.length < 2) fields.trouble([...path, 'options'], 'a question has at least two options');
  const read: Options = { options: [], reasons: [] };
  for (const [n, option] of given.entries()) {
    const at = [...path, 'options', n];
    const whole = typeof option === 'object' && option !== null;
    if (whole) fields.only(at, ['say', 'why']);
    const { say, why } = whole ? (option as { say?: unknown; why?: unknown }) : { say: option };
    read.options.push(line(whole ? [...at, 'say'] : at, say));
    read.reasons.push(why === undefined ? [] : line([...at, 'why'], why));
  }
  return read;
}

/** The number of the right option, from 0. Reports an answer that is no option; a translation has none. */
function readAnswer(fields: Fields, path: Path, options: number): number | undefined {
  const answer = fields.value([...path, 'answer']);
  if (answer === undefined) return undefined;
  if (!(Number.isInteger(answer) && (answer as number) >= 1 && (answer as number) <= options))
    fields.trouble(
      [...path, 'answer'],
      `the number of the right option is needed, from 1 to ${options}, got ${JSON.stringify(answer)}`,
    );
  return typeof answer === 'number' ? answer - 1 : undefined;
}

export function readQuiz(fields: Fields, line: ReadLine): { quiz: Question[]; answers: number[] } {
  const answers: number[] = [];
  const quiz = fields.list(['quiz']).map((_, j) => {
    const at: Path = ['quiz', j];
    fields.only(at, ['ask', 'options', 'answer', 'because']);
    const ask = line([...at, 'ask'], fields.value([...at, 'ask']));
    const { options, reasons } = readOptions(fields, line, at);
    const answer = readAnswer(fields, at, options.length);
    if (answer !== undefined) {
      answers.push(answer);
      for (const [n, why] of reasons.entries())
        if ((n === answer) === why.length > 0)
          fields.trouble(
            [...at, 'options', n],
            n === answer ? 'the right option needs no why, there is because' : 'a wrong option says why it is wrong',
          );
    }
    return { ask, options, reasons, because: line([...at, 'because'], fields.value([...at, 'because'])) };
  });
  return { quiz, answers };
}

/** `tasks`: the ids of the lesson's tasks, in the English file; undefined in a translation. */
export function readPredictions(
  fields: Fields,
  line: ReadLine,
  tasks: readonly string[] | undefined,
): { texts: Prediction[]; predictions: Lesson['predictions'] } {
  const predictions: Lesson['predictions'] = [];
  const texts = fields.list(['predict']).map((_, j) => {
    const at: Path = ['predict', j];
    fields.only(at, tasks ? ['options', 'answer', 'after'] : ['options']);
    const text = readOptions(fields, line, at);
    for (const [n, why] of text.reasons.entries())
      if (!why.length) fields.trouble([...at, 'options', n], 'each option of a prediction says why');
    if (!tasks) return text;
    const answer = readAnswer(fields, at, text.options.length);
    if (answer === undefined) fields.trouble([...at, 'answer'], 'a prediction has an answer');
    const after = fields.value([...at, 'after']);
    if (after !== undefined && !tasks.includes(after as string))
      fields.trouble([...at, 'after'], `no task is called ${JSON.stringify(after)}`);
    predictions.push({ answer: answer ?? 0, ...(typeof after === 'string' && { after }) });
    return text;
  });
  return { texts, predictions };
}
