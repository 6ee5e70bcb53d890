/**
 * An image as a Merkle tree: tag, index, manifest, config at the left, the layers as a stack at the right. A line leads
 * from a node to each whose digest it holds. Pure.
 */
import type { ImageFiles, ImageTree, TreeLayer } from '../../../server/live/protocol.ts';
import { visible } from '../../../runtime/journal/visible.ts';
import type { DrawWords } from '../../words/en/draw.ts';
import { bytes } from '../amounts.ts';
import { clampWidth, USUAL } from '../clamp-width.ts';
import { shortDigest } from '../facts.ts';
import { across, downward, fit, path, rect, text, wrap, type Drawing, type Item, type Row } from '../marks.ts';

const LEAST = 230;
const MOST = 1100;
const WIDE = 620;
const TOP = 30;
const NODE = { h: 44, step: 66 } as const;
const LAYER = { h: 56, step: 62, bar: 12 } as const;
/** A taller stack cannot be read; the table has all. */
const LAYERS_MOST = 60;

interface Node {
  key: 'tag' | 'index' | 'manifest' | 'config';
  said: string;
  sel?: string;
  isThere: boolean;
}

function nodesOf(say: DrawWords['image'], tree: ImageTree): Node[] {
  const { tags, index, manifest, id } = tree;
  const tag = tags.length > 1 ? say.andMore(tags[0]!, tags.length - 1) : tags[0];
  return [
    { key: 'tag', said: tag ?? say.untagged, isThere: tag !== undefined },
    ...(index ? [{ key: 'index' as const, said: shortDigest(index), sel: 'node:index', isThere: true }] : []),
    {
      key: 'manifest',
      said: manifest ? shortDigest(manifest) : say.noManifest,
      ...(manifest && { sel: 'node:manifest' }),
      isThere: manifest !== undefined,
    },
    { key: 'config', said: shortDigest(id), sel: 'node:config', isThere: true },
  ];
}

/** 'RUN make' of '/bin/sh -c make', as docker history shows it. */
export const madeBy = (by: string): string =>
  visible(by.replace(/\s+/g, ' '))
    .replace(/^\|\d+ .*?(?=\/bin\/sh -c )/, '')
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^\/bin\/sh -c\s*/, 'RUN ');

const namesOf = (say: DrawWords['image'], { shared, more }: TreeLayer): string =>
  more ? say.andMore(shared.join(', '), more) : shared.join(', ');

interface Told {
  words: DrawWords;
  tree: ImageTree;
  files: ImageFiles | undefined;
  /** bytes of the largest layer */
  most: number;
}

function filesText({ words: { image: say, amounts }, files }: Told, at: number, long = false): string {
  const one = files?.layers[at];
  if (!one) return '';
  const { added, changed, hidden } = one;
  const signs = [added && `+${added}`, changed && `~${changed}`, hidden && `−${hidden}`].filter(Boolean).join(' ');
  const counts = long ? say.filesLong(added, changed, hidden) : say.files(signs || '0');
  return one.wasted ? `${counts}, ${say.wastes(bytes(one.wasted, amounts))}` : counts;
}

function layerItem(told: Told, at: number, x: number, y: number, w: number): Item {
  const { words, tree, most } = told;
  const { image: say, amounts } = words;
  const layer = tree.layers[at]!;
  const isShared = layer.shared.length > 0;
  const size = bytes(layer.size, amounts);
  const by = madeBy(layer.by) || say.unknownBy;
  const files = filesText(told, at);
  const owner = isShared ? say.sharedWith(namesOf(say, layer)) : say.own;
  const wasted = told.files?.layers[at]?.wasted ?? 0;
  const long = Math.max(3, Math.sqrt(layer.size / most) * (w - 24));
  const side = Math.min(190, w * 0.4);
  return {
    key: `layer:${layer.diffID}:${at}`,
    sel: `layer:${at}`,
    x,
    y,
    label: [say.layer(at + 1), by, size, owner, filesText(told, at, true)].filter(Boolean).join('; '),
    marks: [
      rect(0, 0, w, LAYER.h, isShared ? 'mount' : 'own', 'outline', 6),
      rect(10, 36, layer.size ? long : 2, LAYER.bar, isShared ? 'mount' : 'own', isShared ? 'hatched' : 'soft', 2),
      text(10, 16, fit(by, w - side - 20, 12, true), 'plain', { mono: true, size: 12 }),
      text(w - 10, 16, fit(`${shortDigest(layer.diffID)} ${size}`, side, 11), 'quiet', { anchor: 'end', size: 11 }),
      text(10, 31, fit(owner, w * (files ? 0.5 : 1) - 20, 11), isShared ? 'mount' : 'quiet', { size: 11 }),
      ...(files
        ? [text(w - 10, 31, fit(files, w * 0.5 - 12, 11), wasted ? 'failed' : 'quiet', { anchor: 'end', size: 11 })]
        : []),
    ],
  };
}

function nodeItem(say: DrawWords['image'], node: Node, x: number, y: number, w: number): Item {
  const tone = !node.isThere ? 'ghost' : node.key === 'tag' ? 'write' : node.key === 'config' ? 'own' : 'mount';
  const mono = node.sel !== undefined;
  return {
    key: `node:${node.key}`,
    x,
    y,
    ...(node.sel && { sel: node.sel, label: `${say.nodes[node.key]}: ${node.said}` }),
    marks: [
      rect(0, 0, w, NODE.h, tone, node.isThere ? 'soft' : 'dashed', node.key === 'tag' ? 22 : 6),
      text(12, 18, fit(say.nodes[node.key], w - 24, 11.5), tone, { size: 11.5, bold: true }),
      text(12, 35, fit(node.said, w - 24, 12, mono), 'plain', { size: 12, mono }),
    ],
  };
}

function rowsOf(told: Told): Row[] {
  const { words, tree, files } = told;
  const { image: say, amounts } = words;
  const nodes: Row[] = [
    ...tree.tags.map((tag) => ({ key: `tag ${tag}`, cells: [say.nodes.tag, tag, '', '', '', ''] })),
    ...(['index', 'manifest'] as const).flatMap((key) =>
      tree[key] ? [{ key, sel: `node:${key}`, cells: [say.nodes[key], tree[key], '', '', '', ''] }] : [],
    ),
    { key: 'config', sel: 'node:config', cells: [say.nodes.config, tree.id, '', '', '', ''] },
  ];
  const layers = tree.layers.map((layer, at): Row => ({
    key: `layer ${at}`,
    sel: `layer:${at}`,
    cells: [
      say.layer(at + 1),
      layer.diffID,
      bytes(layer.size, amounts),
      layer.by ? madeBy(layer.by) : say.unknownBy,
      layer.shared.length ? namesOf(say, layer) : say.own,
      files ? filesText(told, at, true) : '',
    ],
  }));
  return [...nodes, ...layers.reverse()];
}

function summaryOf({ words: { image: say, amounts }, tree, files }: Told): string {
  const shared = tree.layers.filter((layer) => layer.shared.length).length;
  const whole = say.summary(tree.layers.length, bytes(tree.size, amounts), shared);
  const wasted = files?.layers.reduce((sum, layer) => sum + layer.wasted, 0) ?? 0;
  const share = tree.size ? Math.round((wasted * 100) / tree.size) : 0;
  return wasted ? `${whole} ${say.wasted(bytes(wasted, amounts), share)}` : whole;
}

/** `files`: what each layer adds and hides, once that was asked. */
export function drawImage(words: DrawWords, tree: ImageTree, files?: ImageFiles, available = USUAL): Drawing {
  const say = words.image;
  const width = clampWidth(available, LEAST, MOST);
  const wide = width >= WIDE;
  const nodes = nodesOf(say, tree);
  const nodeWide = wide ? Math.min(230, width * 0.28) : width - 8;
  const left = wide ? nodeWide + 70 : 4;
  const top = wide ? TOP : TOP + nodes.length * NODE.step + 4;
  const most = Math.max(1, ...tree.layers.map(({ size }) => size));
  const told: Told = { words, tree, files, most };
  const shown = tree.layers
    .map((_, at) => at)
    .slice(-LAYERS_MOST)
    .reverse();
  const nodeAt = nodes.map((_, j) => TOP + j * NODE.step);
  const layerAt = shown.map((_, j) => top + j * LAYER.step);
  const down = nodes.slice(1).map((node, j): Item => {
    const line = downward([4 + nodeWide / 2, nodeAt[j]! + NODE.h], [4 + nodeWide / 2, nodeAt[j + 1]! - 2]);
    const isThere = node.isThere && nodes[j]!.isThere;
    const marks = [path(line, 'plain', { arrow: true, width: 1.5, dashed: !isThere })];
    return { key: `down:${node.key}`, x: 0, y: 0, marks };
  });
  const config = nodeAt.at(-1)! + NODE.h / 2;
  const ties = wide
    ? shown.map((at, j): Item => {
        const line = across([4 + nodeWide, config], [left - 2, layerAt[j]! + LAYER.h / 2]);
        return { key: `tie:${at}`, x: 0, y: 0, marks: [path(line, 'own', { width: 1.5, arrow: true })] };
      })
    : [];
  const scale = wrap(say.scale, width - 8, 12).slice(0, 1);
  const bottom = Math.max(nodeAt.at(-1)! + NODE.h, (layerAt.at(-1) ?? top) + LAYER.h);
  return {
    width,
    height: bottom + 8,
    items: [
      ...scale.map((line, j) => ({ key: `scale:${j}`, x: 0, y: 0, marks: [text(4, 14, line, 'quiet', { size: 12 })] })),
      ...down,
      ...ties,
      ...nodes.map((node, j) => nodeItem(say, node, 4, nodeAt[j]!, nodeWide)),
      ...shown.map((at, j) => layerItem(told, at, left, layerAt[j]!, width - left - 8)),
    ],
    table: { columns: say.columns, rows: rowsOf(told) },
    summary: summaryOf(told),
  };
}
