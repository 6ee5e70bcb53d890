/** A word or two of capabilities(7) about each. */
export const capabilities = {
  CHOWN: 'change owners', DAC_OVERRIDE: 'ignore file modes', DAC_READ_SEARCH: 'read any file', FOWNER: 'act as owner', FSETID: 'keep set-id bits',
  KILL: 'signal anybody', SETGID: 'change groups', SETUID: 'change users', SETPCAP: 'hand on rights', LINUX_IMMUTABLE: 'immutable files',
  NET_BIND_SERVICE: 'ports below 1024', NET_BROADCAST: 'broadcast', NET_ADMIN: 'configure network', NET_RAW: 'raw sockets', IPC_LOCK: 'lock memory',
  IPC_OWNER: 'any IPC object', SYS_MODULE: 'load modules', SYS_RAWIO: 'raw I/O ports', SYS_CHROOT: 'chroot', SYS_PTRACE: 'trace anybody',
  SYS_PACCT: 'accounting', SYS_ADMIN: 'mount, and much more', SYS_BOOT: 'reboot', SYS_NICE: 'raise priority', SYS_RESOURCE: 'exceed limits',
  SYS_TIME: 'set the clock', SYS_TTY_CONFIG: 'configure terminals', MKNOD: 'make devices', LEASE: 'file leases', AUDIT_WRITE: 'write audit log',
  AUDIT_CONTROL: 'control audit', SETFCAP: 'file capabilities', MAC_OVERRIDE: 'ignore MAC', MAC_ADMIN: 'configure MAC', SYSLOG: 'kernel log',
  WAKE_ALARM: 'wake the machine', BLOCK_SUSPEND: 'prevent sleep', AUDIT_READ: 'read audit log', PERFMON: 'watch performance', BPF: 'load BPF',
  CHECKPOINT_RESTORE: 'checkpoint',
};
