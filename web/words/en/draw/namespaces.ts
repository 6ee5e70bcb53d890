export const namespaces = {
  holds: { mnt: 'mounts', pid: 'process ids', net: 'network', ipc: 'messages', uts: 'host name', user: 'users', cgroup: 'cgroup paths', time: 'clocks' },
  host: 'the host', hostHolds: 'daemon, and all others', shimIs: 'parent, outside', pidInside: (pid: string) => `pid ${pid} inside`, hostPids: 'the host\'s pids', entered: 'setns(2): entered', outside: 'not yet inside',
  users: (tail: string) => `user namespace ${tail}`,
  process: (name: string, words: string) => `process ${name}, ${words}`,
  column: (kind: string, holds: string, how: string) => `${kind} namespace, ${holds}: ${how}`,
  apart: { own: (inode: string) => `own, inode ${inode}`, joined: (inode: string) => `joined, inode ${inode}` },
  marks: { own: 'its own', joined: 'joined', shared: 'shared' },
  ties: { shared: 'shared with the host', own: 'its own', joined: 'another container\'s' },
  notAsked: 'not yet asked', noProcess: 'no process yet', row: 'process',
  columns: ['namespace', 'holds', 'the host\'s', 'the container\'s', 'so it is'],
  ended: 'The container has ended: its namespaces went with its last process.', unborn: 'There is no process of the container yet.', allShared: 'So far everything is shared with the host.',
  summary: (own: string, shared: string) => `Its own: ${own}. Shared with the host: ${shared}.`,
};
