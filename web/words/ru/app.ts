import type { Words } from '../en.ts';

export const app: Words['app'] = {
  language: 'Язык',
  title: 'Площадка Drydock',
};
