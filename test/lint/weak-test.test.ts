import ts from 'typescript';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { weakness } from './weak-test.mjs';

const test = suite('weak tests');

/** The results for the tests in this source, in order. */
function said(source: string): (string | undefined)[] {
  const path = '/test/some.test.ts';
  const text = `declare const assert: any, test: any, s: any;\n${source}`;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === path ? file : undefined),
    getDefaultLibFileName: () => '',
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => name === path,
    readFile: () => undefined,
  };
  const checker = ts.createProgram([path], { noLib: true, noResolve: true }, host).getTypeChecker();
  const found: (string | undefined)[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /(^|\.)test$/.test(node.expression.getText())) found.push(weakness(checker, node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
const NAME = "'what is said can be false'";

test('a test that asserts, itself or in what it calls or hands on, is none', () => {
  const good = `
    const same = (a: number) => { assert.is(a, 1); };
    class Place { holds() { same(1); } }
    declare const each: any;
    test(${NAME}, () => assert.is(1, 1));
    test(${NAME}, async () => { await same(1); });
    s.test(['root'], ${NAME}, () => new Place().holds());
    test(${NAME}, () => each([1], same));
    test(${NAME}, () => { const give = () => { return 1; }; assert.is.not(give(), 2); });
    test(${NAME}, same);`;
  assert.equal(said(good), Array(6).fill(undefined));
});

test('one that only fails by throwing is found, also when what it calls calls itself', () => {
  const bad = `
    declare const until: any;
    function loop(n: number): void { if (n) loop(n - 1); }
    test(${NAME}, async () => { await until('it came'); });
    test(${NAME}, () => loop(3));
    test(${NAME}, () => undefined);`;
  assert.equal(
    said(bad).map((text) => text?.split(':')[0]),
    Array(3).fill('a test has to assert something'),
  );
});

test('one that may return before it has asserted is found', () => {
  const bad = `
    test(${NAME}, () => { if (!s.here) return; assert.ok(1); });
    test(${NAME}, () => { if (!s.here) { return console.log('SKIP'); } assert.ok(1); });`;
  assert.ok(
    said(bad).every((text) => text?.startsWith('a test may not return before')),
    String(said(bad)),
  );
});

test('a name of fewer than four words is found', () => {
  const named = (name: string) => said(`test(${name}, () => assert.ok(1));`)[0];
  assert.match(named("'it works'") ?? '', /sentence/);
  assert.match(named('`refuses ${s.what}`') ?? '', /sentence/);
  assert.is(named('`what is ${s.bad} is refused`'), undefined);
});

test.run();
