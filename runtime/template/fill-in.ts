/** Puts the values of an open lesson into its texts, commands and checks: `{{machine}}`, `{{own}}`, `{{dir}}`, … */

export type Values = Readonly<Record<string, string>>;

const NAME = /\{\{(\w+)\}\}/g;
export const fillIn = (text: string, values: Values): string =>
  text.replace(NAME, (whole, name: string) => values[name] ?? whole);
/** The names that stand in a text. */
export const namesIn = (text: string): string[] => [...text.matchAll(NAME)].map(([, name]) => name!);

/** What the reader of a text sees: the drawn values, and the name of the lesson's own container. */
export const valuesOf = (
  state: { machine?: { name: string }; values?: Values } | undefined,
  machine = '…',
): Values => ({
  ...state?.values,
  machine: state?.machine?.name ?? state?.values?.['machine'] ?? machine,
});
