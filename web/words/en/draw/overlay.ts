/** The shelves, the cards on them, and how a file is looked up. */
export const overlay = {
  head: 'the root file system, from the top', mountsHead: 'mounted on it', noMounts: 'nothing is mounted on it', noLayers: 'the image\'s layers appear here when the overlay is mounted',
  merged: { name: 'merged', gloss: 'what it sees', isRoot: 'it is now /', notRoot: 'not yet /', gone: 'unmounted', notYet: 'not mounted yet', of: 'one tree out of all shelves below', went: 'it went with the mount namespace', from: 'exists from rw-layer.mount-overlay on' },
  upper: { name: 'upper', gloss: 'the container\'s own', there: 'read-write', notYet: 'not made yet', below: 'every write lands here; only rm takes it away' },
  lower: { name: (n: number) => `lower ${n}`, right: (size: string) => `${size}, read-only`, below: 'a layer of the image' },
  what: { 'copied-up': 'copied up', created: 'new', replaced: 'made anew', opaque: 'hides all below', whiteout: 'deleted', 'mount-point': 'mount point' },
  counted: {
    'copied-up': (n: number) => `${n} copied up`, created: (n: number) => `${n} new`, replaced: (n: number) => `${n} made anew`, opaque: (n: number) => `${n} hides all below`, whiteout: (n: number) => `${n} deleted`, 'mount-point': (n: number) => `${n} mount point`,
  },
  types: { file: 'file', dir: 'directory', symlink: 'symbolic link', char: 'character device', block: 'block device', fifo: 'pipe', socket: 'socket' },
  lying: { seen: 'seen from above', left: 'left behind', hidden: 'hidden' },
  inFolder: (folder: string) => `in ${folder}`, inUpper: 'in upper', fileInUpper: (file: string, words: string, what: string) => `${file} in upper: ${words}, ${what}`, whiteoutIs: 'a character device 0:0', fromLayer: (layer: string) => `from ${layer}`,
  read: 'a read stops at the first hit', selectLive: 'select it LIVE to look it up', here: { found: 'found here', deleted: 'deleted here', 'not found': 'not found here' },
  mount: (target: string, type: string, what: string) => `mount ${target}: ${type}, ${what}`, mountRow: 'mount', mountFrom: (source: string) => `from ${source}`, drydocks: (file: string) => `drydock's ${file}`, readOnly: 'read-only', belowIt: (n: number) => `and ${n} below it`,
  mounts: { proc: 'the kernel\'s view of processes', tmpfs: 'in memory', devpts: 'terminals', mqueue: 'message queues', sysfs: 'devices and drivers', cgroup: 'control groups', cgroup2: 'control groups' },
  older: (n: number) => `+${n} older`, more: (n: number) => `+${n} more`, moreEntries: (n: number) => `${n} more entries`, notTold: 'not told one by one',
  columns: ['what', 'which', 'state', 'about'],
  summary: (layers: number, mounts: number) => `An overlay of ${layers} read-only layers with a writable one on top, and ${mounts} mounts on it.`,
  ended: 'The overlay went with the mount namespace. What the container wrote is kept in upper until rm.', unmounted: 'The overlay is not mounted yet.',
  upperHas: (counted: string) => `In upper: ${counted}.`,
};
