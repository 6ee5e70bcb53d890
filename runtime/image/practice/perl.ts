/**
 * The modules of perl-base that sockets need. The real `ubuntu` has perl-base too, so a lesson can start a server that
 * works in both. Its tables of Unicode are left out, because they are two thirds of it.
 */
const modules = [
  'auto/IO/IO.so',
  'auto/Socket/Socket.so',
  'Carp.pm',
  'Errno.pm',
  'Exporter.pm',
  'Exporter/Heavy.pm',
  'IO.pm',
  'IO/Handle.pm',
  'IO/Socket.pm',
  'IO/Socket/INET.pm',
  'IO/Socket/UNIX.pm',
  'overloading.pm',
  'SelectSaver.pm',
  'Socket.pm',
  'strict.pm',
  'Symbol.pm',
  'warnings.pm',
  'warnings/register.pm',
  'XSLoader.pm',
] as const;

export const perlModules = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((triplet) =>
  modules.map((name) => `/usr/lib/${triplet}/perl-base/${name}`),
);
