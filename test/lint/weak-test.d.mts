import type { CallExpression, TypeChecker } from 'typescript';

export function weakness(checker: TypeChecker, call: CallExpression): string | undefined;
