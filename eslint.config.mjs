// What the compiler does not find. Layout is prettier's, but for the width of comments, which it does not break.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import { weakness } from './test/lint/weak-test.mjs';

/** A test that cannot fail as it should: test/lint/weak-test.mjs. */
const weakTest = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const { esTreeNodeToTSNodeMap, program } = context.sourceCode.parserServices;
    const checker = program.getTypeChecker();
    return {
      CallExpression(node) {
        const message = weakness(checker, esTreeNodeToTSNodeMap.get(node));
        if (message) context.report({ node, message });
      },
    };
  },
};

export default ts.config(
  { ignores: ['dist/', 'native/build/', 'server/docker/build/buildkit/proto/', 'test/web/fixtures/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs['flat/recommended'],
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
    rules: {
      // svelte-check finds the warnings; this rule knows only those of the compiler without the page's options
      'svelte/no-unused-svelte-ignore': 'off',
      // a Map that is replaced as a whole is $state.raw: nothing has to watch its entries
      'svelte/prefer-svelte-reactivity': 'off',
      // lists of text that keep their order have no identity that a key could say
      'svelte/require-each-key': 'off',
      // {' '} keeps a space that the compiler would drop at the end of a block
      'svelte/no-useless-mustaches': 'off',
    },
  },
  {
    rules: {
      // `code` has no limit here: prettier breaks it where it can, and the texts of steps are single strings
      'max-len': ['error', { code: 100_000, comments: 120, ignoreUrls: true }],
      // the compiler knows the names
      'no-undef': 'off',
      // the formatter breaks lines only where that changes nothing
      'no-unexpected-multiline': 'off',
      // escape sequences of terminals are what much of this is about
      'no-control-regex': 'off',
      // it takes what a loop's head assigns for unused
      'no-useless-assignment': 'off',
      // a test says what comes back although it is always the same: the type asks for a boolean
      'no-constant-binary-expression': 'off',
      'no-regex-spaces': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },
  {
    // When nothing waits for a promise, its failure is not reported.
    files: ['runtime/**/*.ts', 'server/**/*.ts', 'lessons/**/*.ts', 'test/**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    files: ['test/**/*.test.ts'],
    plugins: { drydock: { rules: { 'weak-test': weakTest } } },
    rules: { 'drydock/weak-test': 'error' },
  },
);
