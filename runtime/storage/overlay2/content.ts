/** The first bytes of a file in one layer, if they are text. */
import { O } from '../../syscalls/constants.ts';
import { bytesOf, statOf, targetOf, withEntry } from '../../kernel/mount/beneath.ts';
import { notFound } from '../../errors/api-error.ts';
import { showPath } from '../pathname.ts';
import type { FileType } from './upper.ts';
import { resolve } from './resolve.ts';
import type { Stack } from './stack.ts';
import { typeOf } from './upper-entry.ts';

export const CONTENT_BYTES = 64 * 1024;

/** `text` is absent for a directory, a device, and bytes that are not text. `cut`: there is more. */
export interface Content {
  layer: string;
  type: FileType;
  size: number;
  cut: boolean;
  binary: boolean;
  text?: string;
}

/**
 * Undefined for bytes with a NUL (as in git(1)), or that are not UTF-8. A character that was cut at the end does not
 * count.
 */
function textOf(bytes: Buffer, cut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
}

/** `layer` is 'upper' or a layer's diffID. */
export async function contentOf(stack: Stack, shown: string, layer: string): Promise<Content> {
  const tree = layer === 'upper' ? stack.upper : stack.lowers.find(({ digest }) => digest === layer);
  if (!tree) throw notFound(`the container stands on no layer ${layer.slice(0, 80)}`);
  const { k } = stack;
  const found = await withEntry(k, tree.fd, await resolve(stack, shown), O.O_PATH, async (fd): Promise<Content> => {
    const stat = await statOf(k, fd);
    const type = typeOf(stat);
    const bytes = type === 'file' ? await bytesOf(k, fd, CONTENT_BYTES) : Buffer.alloc(0);
    const cut = type === 'file' && stat.size > bytes.length;
    const text =
      type === 'symlink' ? showPath(await targetOf(k, fd)) : type === 'file' ? textOf(bytes, cut) : undefined;
    return {
      layer,
      type,
      size: stat.size,
      cut,
      binary: type === 'file' && text === undefined,
      ...(text !== undefined && { text }),
    };
  });
  if (!found)
    throw notFound(`${layer === 'upper' ? 'upper' : `layer ${layer.slice(0, 19)}`} has no ${shown.slice(0, 200)}`);
  return found;
}
