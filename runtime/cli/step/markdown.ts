/** Turns the markdown of a step's explanation into plain text of a given width. */
import { visible } from '../../journal/visible.ts';
import { wrap } from '../terminal/wrap.ts';

const inline = (text: string) =>
  text
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/`([^`]+)`/g, '$1')
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, '$1 <$2>');

/** One block: a paragraph or a list is wrapped, code is left as it is. */
function block(text: string, width: number): string {
  if (/^(```|~~~)/.test(text))
    return text
      .split('\n')
      .slice(1)
      .filter((line) => !/^(```|~~~)/.test(line))
      .map((line) => `    ${visible(line)}`)
      .join('\n');
  if (/^ {4}/.test(text)) return text.split('\n').map(visible).join('\n');
  const items = text.split(/\n(?=\s*(?:[-*]|\d+\.) )/);
  return items
    .map((item) =>
      wrap(
        visible(inline(item.replace(/^#+ /, '').replace(/\n/g, ' '))),
        width,
        /^\s*([-*]|\d+\.) /.test(item) ? '  ' : '',
      ),
    )
    .join('\n');
}

export const markdownText = (text: string, width: number): string =>
  (text.trim().match(/(```|~~~)[\s\S]*?\1|(?:(?!\n\s*\n|```|~~~)[\s\S])+/g) ?? [])
    .map((part) => part.replace(/^\n+|\n+$/g, ''))
    .filter((part) => part.trim())
    .map((part) => block(part, Math.min(width, 100)))
    .join('\n\n');
