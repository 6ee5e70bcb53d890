/** What is wrong with a JSON text, in the words of dockerd, which are those of Go's encoding/json. */

/** The engine's words for a place in the text → Go's words for the character there. V8, messages of JSON.parse. */
const places: readonly [RegExp, string][] = [
  [/Expected ':'/, 'after object key'],
  [/property name/, 'looking for beginning of object key string'],
  [/after property value/, 'after object key:value pair'],
  [/after array element/, 'after array element'],
];

/** `error` is what JSON.parse threw for the text. Where Go has no words for it, its own message. */
export function jsonWords(text: string, error: SyntaxError): string {
  const { message } = error;
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? NaN);
  if (/after JSON at/.test(message)) return 'unexpected content after JSON';
  if (/Unexpected end/.test(message)) return 'invalid JSON: unexpected EOF';
  const [, token] = /^Unexpected token '(.)'/u.exec(message) ?? [];
  if (token !== undefined) return `invalid JSON: invalid character '${token}' looking for beginning of value`;
  const words = places.find(([known]) => known.test(message))?.[1];
  // the text ends where something is expected
  if (words && at >= text.length) return 'invalid JSON: unexpected EOF';
  return words ? `invalid JSON: invalid character '${text[at]}' ${words}` : `invalid JSON: ${message}`;
}
