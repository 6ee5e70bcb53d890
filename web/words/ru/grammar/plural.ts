/**
 * Russian plural forms: 1 задача, 2 задачи, 5 задач; with the number before it: `count(2, 'задача', 'задачи',
 * 'задач')`.
 */
const rules = new Intl.PluralRules('ru');

export const plural = (n: number, one: string, few: string, many: string): string => {
  const form = rules.select(n);
  return form === 'one' ? one : form === 'few' ? few : many;
};
export const count = (n: number, one: string, few: string, many: string): string => `${n} ${plural(n, one, few, many)}`;
