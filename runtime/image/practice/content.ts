/** What goes into which layer of the practice `ubuntu`. Programs that the host does not have are left out. */

export const programs = {
  base: ['bash', 'sh', 'dash'],
  tools: [
    'ls', 'cat', 'cp', 'mv', 'rm', 'mkdir', 'rmdir', 'ln', 'readlink', 'realpath', 'echo', 'printf', 'sleep', 'timeout', 'env', 'printenv', 'id', 'whoami', 'groups', 'chmod', 'chown', 'chgrp', 'stat',
    'wc', 'head', 'tail', 'sort', 'uniq', 'cut', 'tr', 'sed', 'grep', 'awk', 'mawk', 'find', 'xargs', 'touch', 'date', 'uname', 'arch', 'nproc', 'df', 'du', 'true', 'false', 'test', '[', 'expr', 'tee', 'yes', 'seq',
    'mktemp', 'mknod', 'mkfifo', 'dd', 'sync', 'truncate', 'basename', 'dirname', 'pwd', 'tty', 'stty', 'nohup', 'nice', 'md5sum', 'sha256sum', 'base64', 'od', 'hostname', 'tar', 'gzip', 'gunzip', 'zcat', 'less', 'more', 'diff', 'cmp',
    'which', 'chroot', 'install', 'link', 'unlink', 'shuf', 'factor', 'tac', 'nl', 'fold', 'comm', 'join', 'paste', 'split', 'getconf', 'getent', 'locale', 'iconv', 'reset', 'clear', 'tput', 'infocmp',
  ],
  system: [
    'ps', 'top', 'free', 'kill', 'pgrep', 'pkill', 'pidof', 'uptime', 'vmstat', 'w', 'watch', 'sysctl', 'pmap', 'mount', 'umount', 'findmnt', 'mountpoint', 'lsblk', 'lscpu', 'lsns', 'nsenter', 'unshare', 'setpriv', 'prlimit', 'ionice',
    'taskset', 'chrt', 'flock', 'dmesg', 'hexdump', 'su', 'runuser', 'setsid', 'script', 'logger', 'ip', 'ss', 'ping', 'nc', 'capsh', 'getcap', 'setcap', 'getpcaps', 'vi', 'nano', 'strace', 'stress', 'ldconfig',
  ],
} as const;

/** Copied as they are, where present: what the programs look for at run time. */
export const baseFiles = [
  '/usr/lib/os-release', '/etc/os-release', '/etc/debian_version', '/etc/lsb-release', '/etc/issue', '/etc/host.conf', '/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/services', '/etc/protocols',
  '/etc/bash.bashrc', '/etc/profile', '/usr/share/zoneinfo/UTC', '/etc/localtime',
];
export const baseFolders = ['/usr/lib/locale/C.utf8', '/etc/ld.so.conf.d'];
const terminals = ['xterm', 'xterm-256color', 'xterm-color', 'linux', 'screen', 'screen-256color', 'tmux', 'tmux-256color', 'vt100', 'vt220', 'ansi', 'dumb'];
export const terminfo = terminals.flatMap((name) => ['/lib/terminfo', '/usr/share/terminfo', '/etc/terminfo'].map((dir) => `${dir}/${name[0]}/${name}`));

export const folders: [path: string, mode?: number][] = [
  ['boot'], ['dev'], ['etc'], ['home'], ['media'], ['mnt'], ['opt'], ['proc', 0o555], ['root', 0o700], ['run'], ['run/lock', 0o1777], ['srv'], ['sys', 0o555], ['tmp', 0o1777],
  ['usr/local/bin'], ['usr/local/sbin'], ['usr/local/lib'], ['usr/share'], ['var/cache'], ['var/lib'], ['var/log'], ['var/spool'], ['var/tmp', 0o1777],
];
/** Links of a merged /usr, made only where the host has them too. */
export const merged = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

const users: [name: string, id: number, home: string, shell: string][] = [
  ['root', 0, '/root', '/bin/bash'], ['daemon', 1, '/usr/sbin', '/usr/sbin/nologin'], ['bin', 2, '/bin', '/usr/sbin/nologin'], ['sys', 3, '/dev', '/usr/sbin/nologin'],
  ['mail', 8, '/var/mail', '/usr/sbin/nologin'], ['www-data', 33, '/var/www', '/usr/sbin/nologin'], ['nobody', 65534, '/nonexistent', '/usr/sbin/nologin'],
];
const groups: [name: string, id: number][] = [['root', 0], ['daemon', 1], ['bin', 2], ['sys', 3], ['adm', 4], ['tty', 5], ['disk', 6], ['mail', 8], ['sudo', 27], ['www-data', 33], ['shadow', 42], ['utmp', 43], ['staff', 50], ['users', 100], ['nogroup', 65534]];

/** Nothing of the host's own users comes along. */
export const written: [path: string, content: string, mode?: number][] = [
  ['etc/passwd', users.map(([name, id, home, shell]) => `${name}:x:${id}:${id === 65534 ? 65534 : id}:${name}:${home}:${shell}\n`).join('')],
  ['etc/group', groups.map(([name, id]) => `${name}:x:${id}:\n`).join('')],
  ['etc/shadow', users.map(([name]) => `${name}:*:19000:0:99999:7:::\n`).join(''), 0o640],
  ['etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n'],
  ['etc/shells', '/bin/sh\n/bin/bash\n'],
  ['root/.profile', '[ -n "$BASH_VERSION" ] && [ -f ~/.bashrc ] && . ~/.bashrc\n'],
  ['root/.bashrc', 'alias ls="ls --color=auto"\nalias ll="ls -l"\n'],
  ['practice/deleted', 'The first layer has this file, and the last one takes it away with a whiteout. Whoever reads this looks into the layer itself.\n'],
];

export const practiceFiles: [path: string, content: string][] = [
  ['practice/README', `This is a practice image. No registry could be reached, so Drydock put it together from the programs of the machine that it runs on.

  layer 1  the shell, its libraries, and the folders that every system has
  layer 2  small tools: ls, cat, sed, grep, tar and their kind
  layer 3  tools that look at the system: ps, mount, ip and their kind
  layer 4  this file, and one whiteout: /practice/deleted is in layer 1, and you cannot see it

Things to try here:
  ps -ef                    your shell is process 1: a namespace of its own
  cat /proc/self/mountinfo  the first line is the overlay: lowerdir are the layers, upperdir is yours
  echo hello > /tmp/x       then look for it on the host, in the upperdir
  hostname; ip addr         another host name, another network
`],
  ['root/README', 'See /practice/README.\n'],
];
export const whiteouts = ['practice/.wh.deleted'];
