/** By a step's id. Each says what its English says: the same paragraphs, code, manual pages. */
export type StepTable = Readonly<Record<string, { title: string; explain: string }>>;
