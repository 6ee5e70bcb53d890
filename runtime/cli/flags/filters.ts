/** --filter name=value, repeatable, in the API's form: {"name":{"value":true}}. */
import { misuse } from '../failure/failure.ts';

export function filters(given: readonly string[] | undefined, more: Record<string, string> = {}): string | undefined {
  const found: Record<string, Record<string, true>> = {};
  for (const text of given ?? []) {
    const at = text.indexOf('=');
    if (at < 1) throw misuse(`invalid argument "${text}" for "-f, --filter" flag: give name=value`);
    (found[text.slice(0, at).trim().toLowerCase()] ??= {})[text.slice(at + 1).trim()] = true;
  }
  for (const [name, value] of Object.entries(more)) (found[name] ??= {})[value] = true;
  return Object.keys(found).length ? JSON.stringify(found) : undefined;
}

/** The --format of tables: 'json' or 'table'. Anything else is a misuse. */
export function tableFormat(text: string): string {
  if (text !== 'json' && text !== 'table') throw misuse(`invalid format ${JSON.stringify(text)}: give json or table`);
  return text;
}
