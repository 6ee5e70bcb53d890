/** strerror(3) in the kernel's usual words, for messages that name a file. */
const words: Record<string, string> = {
  ENOENT: 'no such file or directory', EACCES: 'permission denied', EPERM: 'operation not permitted', EEXIST: 'file exists',
  ENOTDIR: 'not a directory', EISDIR: 'is a directory', EINVAL: 'invalid argument', ENOSPC: 'no space left on device', EBUSY: 'device or resource busy',
  ENOEXEC: 'exec format error', ENODEV: 'no such device', ELOOP: 'too many levels of symbolic links', E2BIG: 'argument list too long', EMFILE: 'too many open files',
  ENOMEM: 'cannot allocate memory', EROFS: 'read-only file system', ESRCH: 'no such process', ENOSYS: 'function not implemented', EOPNOTSUPP: 'operation not supported',
  EPIPE: 'the other side has gone', ERANGE: 'numerical result out of range', EXDEV: 'invalid cross-device link', ETXTBSY: 'text file busy', EMLINK: 'too many links',
  EADDRINUSE: 'address already in use', ENETUNREACH: 'network is unreachable', ENAMETOOLONG: 'file name too long', ETIMEDOUT: 'timed out', EIO: 'input/output error',
};
export const errnoText = (name: string): string => words[name] ?? name;
