/**
 * Finds weak tests: a test without an assertion, with a return before an assertion, or with a name that is not a
 * sentence. An assertion also counts if a call into our own tests reaches it, including through a function that is
 * passed as an argument. eslint.config.mjs makes a rule of it; weak-test.test.ts shows what it finds.
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

/** The code that a call runs: a function's body, or the function in a constant or a property. */
const codeOf = (declaration) => declaration.body ?? declaration.initializer;

/** Cached results: whether a function asserts. A recursive call counts as not asserting. */
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

/** True if the test itself returns; a return of a nested function does not count. */
function returns(node) {
  if (ts.isReturnStatement(node)) return true;
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, returns) ?? false);
}

function returnsEarly(checker, body) {
  if (!ts.isBlock(body)) return false;
  const first = body.statements.findIndex((statement) => asserts(checker, statement));
  return body.statements.slice(0, first).some((statement) => returns(statement));
}

/** The text of a test's name. A placeholder of a template counts as a word; a name from a variable is unknown. */
function wordsOf(name) {
  if (ts.isStringLiteralLike(name)) return name.text.trim().split(/\s+/).length;
  if (!ts.isTemplateExpression(name)) return Infinity;
  const text = name.head.text + name.templateSpans.map(({ literal }) => `x${literal.text}`).join('');
  return text.trim().split(/\s+/).length;
}

/**
 * `call`: test(name, body) or test(needs, name, body), also s.test. Returns the weakness, or undefined if there is
 * none.
 */
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
