import * as assert from 'uvu/assert';
import { parseDockerfile } from '../../runtime/build/dockerfile/parse.ts';
import { expand, splitWords } from '../../runtime/build/dockerfile/words.ts';
import { suite } from '../harness.ts';

const test = suite('Dockerfile');
const parsed = (...lines: string[]) => parseDockerfile(lines.join('\n'));
const refusal = (...lines: string[]): string => {
  try {
    parsed(...lines);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

test('lines are continued over comments and empty lines', () => {
  const [stage] = parsed('# a comment', 'FROM a', 'RUN one \\', '# not shown', '', '  two', 'run ["x", "y"]').stages;
  assert.equal(
    stage!.instructions.map(({ text, line, json }) => [text, line, json]),
    [
      ['RUN one   two', 3, undefined],
      ['RUN ["x", "y"]', 7, ['x', 'y']],
    ],
  );
});

test('the escape directive changes the character, and holds only at the top', () => {
  const [stage] = parsed('# escape=`', 'FROM a', 'RUN dir c:\\', 'RUN a `', ' b').stages;
  assert.equal(
    stage!.instructions.map(({ rest }) => rest),
    ['dir c:\\', 'a  b'],
  );
  assert.is(parsed('# hello', '# escape=`', 'FROM a').escape, '\\');
  assert.match(refusal('# escape=x', 'FROM a'), /invalid ESCAPE 'x'/);
  assert.match(refusal('# escape=`', '# escape=`', 'FROM a'), /line 2: only one escape parser directive can be used/);
});

test('heredocs keep their lines, and - strips tabs', () => {
  const [stage] = parsed('FROM a', 'COPY <<A <<-"B" /x/', '$v # kept', 'A', '\tb', '\tB', 'RUN x').stages;
  assert.equal(stage!.instructions[0]!.heredocs, [
    { name: 'A', expand: true, body: '$v # kept\n' },
    { name: 'B', expand: false, body: 'b\n' },
  ]);
  assert.is(stage!.instructions[1]!.rest, 'x');
  assert.match(refusal('FROM a', 'RUN <<E', 'x'), /line 2: unterminated heredoc/);
});

test('stages have names and bases, and ARGs may stand before them', () => {
  const file = parsed('ARG V=1', 'FROM a:$V AS Build', 'FROM build', 'COPY --from=0 --chown=1:2 /a /b');
  assert.equal(
    file.stages.map(({ name, base }) => [name, base]),
    [
      ['build', 'a:$V'],
      [undefined, 'build'],
    ],
  );
  assert.equal(
    [...file.stages[1]!.instructions[0]!.flags],
    [
      ['from', '0'],
      ['chown', '1:2'],
    ],
  );
});

test('what is wrong is told in the words of dockerd', () => {
  assert.is(refusal(''), 'the Dockerfile (Dockerfile) cannot be empty');
  assert.is(refusal('FROM a', 'RUN x', 'FOO bar'), 'dockerfile parse error on line 3: unknown instruction: FOO');
  assert.is(refusal('RUN x'), 'dockerfile parse error on line 1: no build stage in current context');
  assert.is(refusal('FROM a b'), 'dockerfile parse error on line 1: FROM requires either one or three arguments');
  assert.match(refusal('FROM a', 'COPY x'), /COPY requires at least two arguments/);
  assert.match(refusal('FROM a', 'RUN --nope x'), /unknown flag: nope/);
  assert.match(refusal('FROM a', 'SHELL sh'), /SHELL requires the arguments to be in JSON form/);
  assert.match(refusal('FROM a', 'ONBUILD FROM b'), /FROM isn't allowed as an ONBUILD trigger/);
  assert.match(refusal('# syntax=example.org/other', 'FROM a'), /example.org\/other/);
  assert.match(refusal('FROM a', 'constructor x'), /unknown instruction: constructor/);
});

const variables = new Map([
  ['a', 'one.two.tar.gz'],
  ['e', ''],
]);
for (const [word, expected] of [
  ['$a', 'one.two.tar.gz'],
  ['${a}x', 'one.two.tar.gzx'],
  ['${none:-d$a}', 'done.two.tar.gz'],
  ['${e:-d}', 'd'],
  ['${e-d}', ''],
  ['${e:+d}', ''],
  ['${e+d}', 'd'],
  ['${a#*.}', 'two.tar.gz'],
  ['${a##*.}', 'gz'],
  ['${a%.*}', 'one.two.tar'],
  ['${a%%.*}', 'one'],
  ['${a/./-}', 'one-two.tar.gz'],
  ['${a//./-}', 'one-two-tar-gz'],
  ["'$a'", '$a'],
  ['"$e b"', ' b'],
  ['\\$a', '$a'],
  ['$', '$'],
] as const)
  test(`the word ${word} is expanded to ${JSON.stringify(expected)}`, () => {
    assert.is(expand(word, variables, '\\'), expected);
  });

test('a substitution that cannot be done is an error', () => {
  assert.throws(() => expand('${none:?must be}', variables, '\\'), /none: must be/);
  assert.throws(() => expand('${a', variables, '\\'), /missing }/);
  assert.throws(() => expand('${a^}', variables, '\\'), /unsupported modifier/);
});

test('words end at blanks outside of quotes', () => {
  assert.equal(splitWords('a="b c" d\\ e \'f g\'', '\\'), ['a="b c"', 'd\\ e', "'f g'"]);
});

test.run();
