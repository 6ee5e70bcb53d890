/** Texts by step id. Each is a translation of the English text, with the same paragraphs, code and manual pages. */
export type StepTable = Readonly<Record<string, { title: string; explain: string }>>;
