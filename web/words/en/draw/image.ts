/** Texts of the picture of an image: a tree of digests, and its layers. */
export const image = {
  title: 'What is the image made of?',
  summary: (layers: number, size: string, shared: number) =>
    `${layers} layer${layers === 1 ? '' : 's'}, ${size}; ${shared} of them shared with other images.`,
  wasted: (amount: string, share: number) =>
    `${amount} (${share} %) lie in layers and can be read no more, because a later layer changed or deleted them.`,
  nodes: { tag: 'tag', index: 'index', manifest: 'manifest', config: 'config, the id of the image' },
  untagged: 'no tag',
  noManifest: 'none: it was made here',
  scale: 'width of a layer: square root of its bytes; the newest layer is at the top',
  unknownBy: 'the history does not say what made it',
  sharedWith: (names: string) => `shared with ${names}`,
  andMore: (names: string, more: number) => `${names} and ${more} more`,
  own: 'of this image alone',
  files: (counts: string) => `${counts} files`,
  filesLong: (added: number, changed: number, hidden: number) =>
    `${added} files added, ${changed} changed, ${hidden} hidden`,
  wastes: (amount: string) => `${amount} wasted`,
  layer: (n: number) => `layer ${n}`,
  columns: ['node', 'digest', 'size', 'what made it', 'shared', 'files'],
};
