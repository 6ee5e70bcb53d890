import * as assert from 'uvu/assert';
import { parseDockerfile } from '../../runtime/build/dockerfile/parse.ts';
import { expand } from '../../runtime/build/dockerfile/words.ts';
import { matches, tokensOf } from '../../runtime/build/glob/glob.ts';
import { isIgnored } from '../../runtime/build/glob/ignore.ts';
import { suite } from '../harness.ts';

const test = suite('patterns of a build');

for (const [glob, text, expected] of [
  ['*.go', 'a.go', true],
  ['*.go', '.go', true],
  ['*.go', 'a.gox', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a*b*c', 'a1b2bc', true],
  ['a*b*c', 'a1b2b', false],
  ['[a', '[a', true],
] as const)
  test(`the pattern ${glob} ${expected ? 'matches' : 'does not match'} ${text}`, () => {
    assert.is(matches(tokensOf(glob, true), text), expected);
  });

for (const [word, expected] of [
  ['${v#*a}', 'bcabc'],
  ['${v##*a}', 'bc'],
  ['${v%b*}', 'abca'],
  ['${v%%b*}', 'a'],
  ['${v#x}', 'abcabc'],
  ['${v/b?/-}', 'a-abc'],
  ['${v//b?/-}', 'a-a-'],
  ['${v//*/-}', '-'],
  ['${v/c*a/-}', 'ab-bc'],
  ['${v//[ab]/-}', 'abcabc'],
] as const)
  test(`${word} of abcabc is expanded to ${expected}`, () => {
    assert.is(expand(word, new Map([['v', 'abcabc']]), '\\'), expected);
  });

const within = (ms: number, act: () => unknown): void => {
  const begun = performance.now();
  act();
  const took = performance.now() - begun;
  assert.ok(took < ms, `it took ${took} ms`);
};

test('a hostile pattern takes no time that grows with its stars', () => {
  const variables = new Map([['A', 'a'.repeat(1000)]]);
  for (const word of ['${A#*a*a*a*b}', '${A%b*a*a*a*}', '${A//*a*a*a*b/x}'])
    within(500, () => assert.is(expand(word, variables, '\\'), variables.get('A')));
  within(500, () => assert.not(matches(tokensOf('*a*a*a*a*a*a*a*a*b', true), 'a'.repeat(255))));
});

test('blanks inside of a line take no time that grows with their square', () => {
  const blanks = ' '.repeat(200_000);
  within(1000, () => parseDockerfile(`# check=a${blanks}b\nFROM a\nRUN x${blanks}y \\\n${blanks}z\n`));
});

for (const [path, ignore, expected] of [
  ['.dockerignore', '.dockerignore\n', true],
  ['.dockerignore', '# .dockerignore\n', false],
  ['Dockerfile', '*\n', true],
  ['Dockerfile', '*\n!Dockerfile\n', false],
  ['Dockerfile', '!Dockerfile\n*\n', true],
  ['docker/Dockerfile', 'docker\n', true],
  ['docker/Dockerfile', 'Dockerfile\n', false],
  ['docker/Dockerfile', '**/Dockerfile\n', true],
  ['Dockerfile', '**/Dockerfile\n', true],
  ['a/b/c', 'a/**/c', true],
  ['a/b', '/a/*\r\n', true],
] as const)
  test(`${path} ${expected ? 'is' : 'is not'} left out by ${JSON.stringify(ignore)}`, () => {
    assert.is(isIgnored(path, ignore), expected);
  });

test.run();
