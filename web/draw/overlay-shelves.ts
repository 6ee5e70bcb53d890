/** What a frame knows of the layers and of what is mounted over them, as shelves. */
import type { Frame } from '../../runtime/journal/frame.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { bytes } from './amounts.ts';
import { changed, factsOf, hasEnded, shortDigest } from './facts.ts';
import { type Tone } from './marks.ts';

export interface Layer {
  index: number;
  digest: string;
  size: number;
  made: string;
}
/** The layers, lowest first. */
export const layersOf = (frame: Frame): Layer[] =>
  Object.entries(factsOf(frame, 'image'))
    .filter(([key]) => /^layer \d+$/.test(key))
    .map(([key, value]) => {
      const [digest = '', size = '0', ...made] = value.split(' ');
      return { index: Number(key.slice(6)), digest, size: Number(size), made: made.join(' ') };
    })
    .sort((a, b) => a.index - b.index);

export interface Mount {
  target: string;
  type: string;
  what: string;
  key: string;
  count: number;
}
const covers = /\/dev\/null|size=0k/;
/**
 * The mounts other than the overlay, without those that only hide something (the Security picture shows these). The
 * cgroup mounts of one directory count as one.
 */
export function mountsOf({ overlay: words }: DrawWords, frame: Frame): Mount[] {
  const rows = Object.entries(factsOf(frame, 'mount')).filter(
    ([, value]) => !/^(overlay|copy) of/.test(value) && !covers.test(value),
  );
  const groups = rows.filter(([target]) => /^\/sys\/fs\/cgroup\/./.test(target));
  return rows
    .filter(([target, value]) => !/^\/sys\/fs\/cgroup\/./.test(target) && value !== `bind ${target}`)
    .map(([target, value]) => {
      const [type = '', source = ''] = value.split(' ');
      const inside = target === '/sys/fs/cgroup' ? groups.length : 0;
      return {
        key: target,
        target,
        type,
        what:
          type === 'bind'
            ? `${words.mountFrom(ownFile(source, words))}${/\bro\b/.test(value) ? `, ${words.readOnly}` : ''}`
            : ((words.mounts as Partial<Record<string, string>>)[type] ?? type),
        count: inside,
      };
    });
}
/** A file of the container's directory: '/var/lib/drydock/containers/<id>/hosts' */
function ownFile(source: string, words: DrawWords['overlay']): string {
  const file = /^.*\/containers\/[0-9a-f]{64}\/(.*)$/.exec(source)?.[1];
  return file === undefined ? source : words.drydocks(file);
}

/** `layer`: its name in facts and in the daemon's answers */
export interface Shelf {
  key: string;
  layer: string;
  sel: string;
  name: string;
  gloss: string;
  right: string;
  below: string;
  tone: Tone;
  there: boolean;
  isNew: boolean;
}

/** The shelves: merged, upper, then the lower layers from the top down. */
export function shelves({ overlay: words, amounts }: DrawWords, frame: Frame, previous?: Frame): Shelf[] {
  const { merged, upper, lower } = words;
  const overlay = Object.entries(factsOf(frame, 'mount')).find(([, value]) => value.startsWith('overlay of'));
  const isRoot = factsOf(frame, 'root')['/'] === 'overlay';
  const isMade = factsOf(frame, 'file')['upper'] !== undefined;
  const layers = layersOf(frame);
  const gone = hasEnded(frame);
  return [
    {
      key: 'merged',
      layer: 'merged',
      sel: 'overlay:merged',
      name: merged.name,
      gloss: merged.gloss,
      right: isRoot ? merged.isRoot : overlay ? merged.notRoot : gone ? merged.gone : merged.notYet,
      below: overlay ? merged.of : gone ? merged.went : merged.from,
      tone: 'own',
      there: overlay !== undefined || isRoot,
      isNew: changed(frame, previous, 'mount', overlay?.[0] ?? '') || changed(frame, previous, 'root', '/'),
    },
    {
      key: 'upper',
      layer: 'upper',
      sel: 'overlay:upper',
      name: upper.name,
      gloss: upper.gloss,
      right: isMade ? upper.there : upper.notYet,
      below: upper.below,
      tone: 'write',
      there: isMade,
      isNew: changed(frame, previous, 'file', 'upper'),
    },
    ...[...layers].reverse().map((layer) => ({
      key: `layer:${layer.digest}`,
      layer: layer.digest,
      sel: `layer:${layer.index}`,
      name: lower.name(layer.index + 1),
      gloss: shortDigest(layer.digest),
      right: lower.right(bytes(layer.size, amounts)),
      below: layer.made || lower.below,
      tone: 'read' as const,
      there: true,
      isNew: changed(frame, previous, 'image', `layer ${layer.index}`),
    })),
  ];
}

/** The root is a copy of the layers (storage driver vfs): there is no overlay. */
export const isCopied = (frame: Frame): boolean =>
  Object.values(factsOf(frame, 'mount')).some((value) => value.startsWith('copy of'));
