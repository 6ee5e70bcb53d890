/**
 * What makes a test one that cannot fail as it should: it asserts nothing, it may return before it has asserted, or its
 * name is no sentence. An assertion counts where it is reached by calls into our own tests, also through a function
 * that is handed on. eslint.config.mjs makes a rule of it, weak-test.test.ts shows what it finds.
 */
import ts from 'typescript';

const ASSERT = /^assert(\.\w+)*$/;
const LEAST_WORDS = 4;
const isOurs = (declaration) => {
  const { fileName } = declaration.getSourceFile();
  return /(^|\/)test\//.test(fileName) && !fileName.includes('node_modules');
};

function declarationsOf(checker, expression) {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  let symbol = checker.getSymbolAtLocation(name);
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  return (symbol?.declarations ?? []).filter(isOurs);
}

/** What runs when it is called: a function's body, or the function that a constant or a property holds. */
const codeOf = (declaration) => declaration.body ?? declaration.initializer;

/** Functions that are known to assert, or not to; one that calls itself does not for that reason. */
const known = new WeakMap();

function asserts(checker, code) {
  if (known.has(code)) return known.get(code);
  known.set(code, false);
  const reaches = (expression) =>
    declarationsOf(checker, expression).some((declaration) => {
      const target = codeOf(declaration);
      return target !== undefined && asserts(checker, target);
    });
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      if (ASSERT.test(node.expression.getText()) || reaches(node.expression)) return true;
      if (node.arguments.some((argument) => ts.isIdentifier(argument) && reaches(argument))) return true;
    }
    return ts.forEachChild(node, visit) ?? false;
  };
  const found = visit(code);
  known.set(code, found);
  return found;
}

/** A return of the test itself, not of a function within it. */
function returns(node) {
  if (ts.isReturnStatement(node)) return true;
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, returns) ?? false);
}

function returnsEarly(checker, body) {
  if (!ts.isBlock(body)) return false;
  const first = body.statements.findIndex((statement) => asserts(checker, statement));
  return body.statements.slice(0, first).some((statement) => returns(statement));
}

/** What is put into a template is a word; of a name that is made elsewhere nothing is known. */
function wordsOf(name) {
  if (ts.isStringLiteralLike(name)) return name.text.trim().split(/\s+/).length;
  if (!ts.isTemplateExpression(name)) return Infinity;
  const text = name.head.text + name.templateSpans.map(({ literal }) => `x${literal.text}`).join('');
  return text.trim().split(/\s+/).length;
}

/** `call`: test(name, body) or test(needs, name, body), also s.test. Undefined when nothing is wrong with it. */
export function weakness(checker, call) {
  if (!/(^|\.)test$/.test(call.expression.getText()) || call.arguments.length < 2) return undefined;
  const [name, given] = call.arguments.slice(-2);
  const code = ts.isFunctionLike(given) ? given : declarationsOf(checker, given).map(codeOf)[0];
  if (!code || !asserts(checker, code)) return 'a test has to assert something: this one fails only by throwing';
  if (code.body && returnsEarly(checker, code.body))
    return 'a test may not return before it has asserted: say what it needs, and it is skipped with a reason';
  if (wordsOf(name) < LEAST_WORDS) return 'the name of a test is a sentence that can be false';
  return undefined;
}
