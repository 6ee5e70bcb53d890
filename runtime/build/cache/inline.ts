/**
 * The keys of an image's instructions, kept in its config, so that another daemon that has pulled the image finds their
 * results in it: `--cache-to type=inline` writes them, `--cache-from IMAGE` reads them.
 *
 *   "drydock.cache.v1": [KEY, …]   one for each of the last entries of the history
 *
 * A key says what an instruction does. That it stands on the same image is seen in the history and the layers below it.
 */
import type { ImageConfig } from '../../image/manifest/image.ts';
import { Checked } from '../../json/checked.ts';

const FIELD = 'drydock.cache.v1';
/** As many as a history may have. */
const KEYS_MOST = 10_000;

export const withKeys = (config: ImageConfig, keys: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify({ ...config, [FIELD]: keys }));

/** Of an image that another daemon may have made. Throws ApiError. */
export function keysIn(config: Buffer): string[] {
  const from = Checked.parse("the image's config", config);
  if (!from.has(FIELD)) return [];
  const keys = from.list(FIELD, KEYS_MOST);
  if (!keys.every((key): key is string => typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)))
    throw from.wrong(FIELD, 'a list of keys');
  return keys;
}

export interface ImportedResult {
  created: string;
  /** of the layer that the instruction made */
  diffID?: string;
  /** how many layers there are up to it */
  layers: number;
}

/** What the instruction with this key has made on the image `below`, by the history of another image. */
export function resultIn(
  { history = [], rootfs }: ImageConfig,
  keys: readonly string[],
  below: ImageConfig | undefined,
  key: string,
): ImportedResult | undefined {
  const before = below?.history ?? [];
  const at = before.length;
  const entry = history[at];
  if (!entry || keys[at - (history.length - keys.length)] !== key) return undefined;
  const under = below?.rootfs.diff_ids ?? [];
  const isSame =
    JSON.stringify(history.slice(0, at)) === JSON.stringify(before) &&
    JSON.stringify(rootfs.diff_ids.slice(0, under.length)) === JSON.stringify(under);
  if (!isSame) return undefined;
  const diffID = entry.empty_layer ? undefined : rootfs.diff_ids[under.length];
  if (!entry.empty_layer && diffID === undefined) return undefined;
  return { created: entry.created ?? '', ...(diffID && { diffID }), layers: under.length + (diffID ? 1 : 0) };
}
