/** The page round the pictures: the run box, steps, now, terminals, journal, help. */
export const app = {
  language: 'Language',
  title: 'Drydock playground',
};
