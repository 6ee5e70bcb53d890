/** Which namespace a kernel parameter belongs to: ipc_namespaces(7), network_namespaces(7). */
const IPC = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

/** Undefined for a parameter that belongs to the host, and for what is no name of one. */
export function sysctlOwner(name: string): 'ipc' | 'network' | undefined {
  // '..' and '/' would lead out of /proc/sys/net
  if (!/^[\w*-]+(\.[\w:@*-]+)+$/.test(name)) return undefined;
  if (IPC.has(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  return name.startsWith('net.') ? 'network' : undefined;
}
