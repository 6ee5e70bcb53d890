/** Texts of the picture of pivot_root(2): two trees, and where / is. */
export const pivot = {
  title: 'Where is / ?',
  host: "the host's tree",
  own: "the container's tree",
  root: '/ of the process',
  here: 'the new tree is mounted here',
  putOld: 'put_old: the old tree lies on top',
  letGo: 'let go: no path leads there',
  columns: ['tree', 'where it is'],
  /** where each tree is at a stage, for the table */
  places: {
    before: { host: 'it is / of the process', own: 'mounted on a directory of the other tree' },
    lifted: { host: 'mounted on top of /, at put_old', own: 'it is / of the process' },
    gone: { host: 'unmounted: no path leads there', own: 'it is / of the process' },
  },
  stages: {
    before: 'Before pivot_root the process still has the root of the host; its own tree is a directory in it.',
    lifted: "pivot_root has made the new tree the root and put the host's tree on top of it, at the same place.",
    gone: "umount2 has let go of the host's tree. / is the container's tree, and nothing leads back.",
  },
};
