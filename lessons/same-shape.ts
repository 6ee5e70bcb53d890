/**
 * Compares two languages of one lesson: they must have the same tasks, hints, questions, links and code, in the same
 * order.
 */
import { ways, type Block, type Inline, type LessonText, type Prediction } from './format.ts';
import { inlinePieces, pieces } from './markdown.ts';
import { predictionsIn, questionsIn } from './questions.ts';

const linkOf = (piece: Inline): string[] => {
  switch (piece.kind) {
    case 'step':
    case 'term':
    case 'lesson':
      return [`${piece.kind}:${piece.id}`];
    case 'see':
      return [`see:${piece.view} ${piece.sel ?? ''}`.trim()];
    case 'link':
      return [piece.href];
    case 'machine':
      return ['machine'];
    default:
      return [];
  }
};
function codeOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'code') return [block.text];
    if (block.kind === 'ways') return block.ways.map(({ way, text }) => `${ways.indexOf(way)} ${text}`);
    if (block.kind === 'note') return codeOf(block.content);
    return block.kind === 'list' ? block.items.flatMap(codeOf) : [];
  });
}
/** Removes comments from code, because they are translated. */
const bare = (code: string) => code.replace(/(^|\s)#\s.*$/gm, '').replace(/[ \t]+$/gm, '');

export function sameShape(en: LessonText, other: LessonText, trouble: (message: string) => void): void {
  const compare = (what: string, of: (text: LessonText) => string[], ordered = true) => {
    const [a, b] = [of(en), of(other)].map((list) => (ordered ? list : [...list].sort()));
    const j = a!.findIndex((one, n) => one !== b![n]);
    if (j >= 0 || a!.length !== b!.length)
      trouble(
        `${what} differ from the English: ${JSON.stringify(a![j >= 0 ? j : b!.length] ?? 'nothing more')} there, ${JSON.stringify(b![j >= 0 ? j : a!.length] ?? 'nothing more')} here`,
      );
  };
  compare('tasks', ({ body }) => body.flatMap((block) => (block.kind === 'task' ? [block.id] : [])));
  compare('links', ({ body }) => [...pieces(body)].flatMap(linkOf), false);
  compare('code blocks', ({ body }) => codeOf(body).map(bare));
  compare('notes', ({ body }) => body.flatMap((block) => (block.kind === 'note' ? [block.note] : [])));
  compare('questions within the text', ({ body }) => questionsIn(body).map(String));
  compare('hints', ({ hints }) => Object.entries(hints).map(([id, list]) => `${id}: ${list.length}`), false);
  compare('predictions within the text', ({ body }) => predictionsIn(body).map(String));
  const optionsOf = ({ reasons }: Prediction) =>
    reasons.map((why) => (why.length ? 'option with why' : 'option')).join(', ');
  compare('questions', ({ quiz }) => quiz.map(optionsOf));
  compare('predictions', ({ predictions }) => predictions.map(optionsOf));
  compare(
    'links of the quiz',
    ({ quiz, predictions }) =>
      [
        ...quiz.flatMap(({ ask, options, reasons, because }) => [ask, ...options, ...reasons, because]),
        ...predictions.flatMap(({ options, reasons }) => [...options, ...reasons]),
      ].flatMap((content) => [...inlinePieces(content)].flatMap(linkOf)),
    false,
  );
}
