import type { Words } from '../en.ts';

export const panels: Words['panels'] = {
};
