import type { Words } from '../en.ts';

export const draw: Words['draw'] = {
};
