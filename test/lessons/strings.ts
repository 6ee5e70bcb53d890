/**
 * The texts in a module of web/words: its string literals and templates with their lines. Names, keys and import paths
 * are left out.
 */
import ts from 'typescript';
import { wordsOf, type Word } from './words.ts';

const isSaid = (node: ts.Node): node is ts.StringLiteral | ts.TemplateLiteralLikeNode =>
  ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
/** Strings that are not texts: 'ru' in a type, './en.ts' in an import, the key of an object or of an access. */
const isName = ({ parent }: ts.Node): boolean =>
  ts.isLiteralTypeNode(parent) || ts.isImportDeclaration(parent) || ts.isElementAccessExpression(parent);
const isKey = (node: ts.Node): boolean => ts.isPropertyAssignment(node.parent) && node.parent.name === node;

export function* stringsIn(file: string, source: string): Generator<Word> {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  const found: Word[] = [];
  const visit = (node: ts.Node): void => {
    if (isSaid(node) && !isName(node) && !isKey(node)) {
      const first = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
      for (const word of wordsOf(node.text)) found.push({ ...word, file, line: first + word.line });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  yield* found;
}
