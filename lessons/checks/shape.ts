/** Types of the checks' arguments, declared once: for parsing, and for the table in lessons/README.md. */
export interface Shape<T> {
  /** as the table shows it: `path`, `{file, op?, value}` */
  doc: string;
  /** throws with what is wrong */
  read(value: unknown): T;
}
type Value<S> = S extends Shape<infer T> ? T : never;
type Optional<S> = { [F in keyof S]: undefined extends Value<S[F]> ? F : never }[keyof S];
type Record_<S> = { [F in Exclude<keyof S, Optional<S>>]: Value<S[F]> } & {
  [F in Optional<S>]?: Exclude<Value<S[F]>, undefined>;
};

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
const shape = <T>(doc: string, good: (value: unknown) => boolean, what: string): Shape<T> => ({
  doc,
  read(value) {
    if (!good(value)) throw new Error(`${what} is needed, got ${shown(value)}`);
    return value as T;
  },
});

export const text = (doc: string): Shape<string> => shape(doc, (v) => typeof v === 'string' && v.length > 0, 'a text');
export const path = shape<string>(
  'path',
  (v) => typeof v === 'string' && /^\/(?!.*(?:\/\/|\/\.\.?(?:\/|$)))/.test(v),
  'an absolute path without . and ..',
);
export const truth = shape<true>('true', (v) => v === true, 'true');
export const either = shape<boolean>('true|false', (v) => typeof v === 'boolean', 'true or false');
export const number = shape<number>('number', (v) => typeof v === 'number' && Number.isFinite(v), 'a number');
/** One of a few names; the table lists them. */
export const oneOf = <T extends string>(doc: string, names: readonly T[]): Shape<T> =>
  shape<T>(
    names.length <= 10 ? names.join('|') : doc,
    (v) => (names as readonly unknown[]).includes(v),
    `one of ${names.join(', ')}`,
  );
/** One of many names. The error lists the known names, unless there are too many. */
export const nameIn = (doc: string, known: ReadonlySet<string>): Shape<string> =>
  shape(doc, (v) => typeof v === 'string' && known.has(v), `the name of a ${doc}`);

export const optional = <T>(inner: Shape<T>): Shape<T | undefined> => ({
  doc: inner.doc,
  read: (value) => (value === undefined ? undefined : inner.read(value)),
});
/** One value, or a list. */
export const some = <T>(inner: Shape<T>): Shape<T[]> => ({
  doc: `${inner.doc} | [${inner.doc}, …]`,
  read: (value) => (Array.isArray(value) && value.length ? value : [value]).map((one) => inner.read(one)),
});

/** A JavaScript regular expression, written as text. */
export const pattern = (doc = 'regex'): Shape<string> => ({
  doc,
  read(value) {
    if (typeof value !== 'string' || !value || value.length > 200)
      throw new Error(`a regular expression is needed, got ${shown(value)}`);
    new RegExp(value);
    return value;
  },
});

/** `short`: the field that a plain string stands for. */
export function object<S extends Record<string, Shape<unknown>>>(
  fields: S,
  short?: keyof S & string,
): Shape<Record_<S>> {
  const all = Object.entries(fields)
    .map(([name, { doc, read }]) => `${name}${accepts(read) ? '?' : ''}${doc === name ? '' : `: ${doc}`}`)
    .join(', ');
  return {
    doc: short ? `${fields[short]!.doc} | {${all}}` : `{${all}}`,
    read(given) {
      const value =
        short && (typeof given !== 'object' || given === null || Array.isArray(given)) ? { [short]: given } : given;
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new Error(`{${Object.keys(fields).join(', ')}} is needed, got ${shown(value)}`);
      const unknown = Object.keys(value).find((name) => !(name in fields));
      if (unknown) throw new Error(`${unknown} is not known here; known are ${Object.keys(fields).join(', ')}`);
      const read = Object.entries(fields).map(([name, field]) => {
        try {
          return [name, field.read((value as Record<string, unknown>)[name])] as const;
        } catch (error) {
          throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
        }
      });
      return Object.fromEntries(read.filter(([, one]) => one !== undefined)) as Record_<S>;
    },
  };
}

function accepts(read: (value: unknown) => unknown): boolean {
  try {
    read(undefined);
    return true;
  } catch {
    return false;
  }
}

export const operators = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Operator = (typeof operators)[number];
export const op = optional(oneOf('op', operators));
export const compare = (a: number, by: Operator = '=', b: number): boolean =>
  ({ '=': a === b, '!=': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b })[by];
