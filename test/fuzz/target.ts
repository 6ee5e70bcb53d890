/** One parser under fuzzing: its inputs, and the property that must hold for each. */
import fc from 'fast-check';

export interface Found {
  inputs: number;
  message: string | undefined;
}
export interface Target {
  name: string;
  /** `message` is undefined if nothing was found */ search(inputs: number, seed?: number): Found;
  close?: () => void;
}

/** `check` throws if the property is violated; the parser's own errors are allowed (see `only`). */
export function target<T>(name: string, input: fc.Arbitrary<T>, check: (input: T) => void, close?: () => void): Target {
  const search = (inputs: number, seed?: number): Found => {
    const result = fc.check(fc.property(input, check), { numRuns: inputs, ...(seed !== undefined && { seed }) });
    return {
      inputs: result.numRuns,
      message: result.failed
        ? `${String(result.errorInstance instanceof Error ? result.errorInstance.stack : result.errorInstance)}\n${fc.defaultReportMessage(result)}`
        : undefined,
    };
  };
  return { name, search, ...(close && { close }) };
}

type Kind = new (...args: never[]) => Error;

/** Calls it; errors of these kinds are allowed, any other is a failure. */
export function only<T>(kinds: readonly Kind[], call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

/** Small JSON trees with keys that the parser knows, so that it gets past the first checks. */
export function jsonOf(keys: readonly string[], leaves: readonly fc.Arbitrary<unknown>[] = []): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    ...leaves,
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.string({ maxLength: 12 }),
    fc.constantFrom(0, -1, 1, 2 ** 53, '', '\0', '/', '__proto__'),
  );
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '') },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  );
  return fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map(objectOf),
    ),
  })).tree;
}
/** An object as JSON.parse makes it: `__proto__` is an ordinary key. */
export const objectOf = (entries: readonly (readonly [string, unknown])[]): object =>
  JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v) ?? 'null'}`).join()}}`) as object;

/** A valid document with a few fields removed or replaced, at any depth. */
export function damaged(good: readonly object[], values: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  const change = fc.record({
    path: fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
    value: values,
    drop: fc.boolean(),
  });
  return fc
    .tuple(fc.constantFrom(...good), fc.array(change, { maxLength: 4 }))
    .map(([document, changes]) => changes.reduce((d, c) => changed(d, c), structuredClone(document)));
}
function changed(document: object, { path, value, drop }: { path: number[]; value: unknown; drop: boolean }): object {
  let at = document as Record<string, unknown>;
  for (const [depth, step] of path.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) return document;
    const next = at[key];
    if (typeof next === 'object' && next !== null && depth < path.length - 1) at = next as Record<string, unknown>;
    else {
      if (drop && Array.isArray(at)) at.splice(step % keys.length, 1);
      else if (drop) delete at[key];
      else at[key] = value;
      return document;
    }
  }
  return document;
}
