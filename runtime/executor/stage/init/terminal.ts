import { AT, AT_FDCWD, O, TTY } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { coverWith } from '../../../kernel/mount/cover.ts';
import { MAGIC, magicOf, planStat, planStatfs, statOf, type Inode } from '../../../kernel/mount/inode.ts';
import { NO_LINKS, openHow } from '../../../kernel/mount/place.ts';
import type { Container } from '../../../container/container.ts';
import { joinsPid } from '../create/namespaces.ts';
import type { Step } from '../../../container/step.ts';
import { heldOf } from './places.ts';

interface Size {
  height: number;
  width: number;
}

/** struct winsize: u16 rows, cols, xpixel, ypixel; ioctl_tty(2). */
export function winsize(height: number, width: number): Buffer {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(Math.min(height, 0xffff), 0);
  size.writeUInt16LE(Math.min(width, 0xffff), 2);
  return size;
}

const PTMX = O.O_RDWR | O.O_NOCTTY | O.O_CLOEXEC;
/**
 * mknod_ptmx() in the kernel's fs/devpts/inode.c: ptmx has the inode number 2 in every instance, and the device number
 * of /dev/ptmx.
 */
const isPtmx = ({ ino, rdev }: Inode, magic: number) => magic === MAGIC.devpts && ino === 2n && rdev === '5:2';

/**
 * Opens a pty pair in the stage; the shim takes the master later, and the slave becomes stdin, stdout and stderr.
 * Returns the slave. `dev` is /dev, or AT_FDCWD at the root of a running container, where ptmx may be any file.
 */
export async function openTerminal(
  k: Kernel,
  c: Pick<Container, 'live'>,
  size: Size | undefined,
  dev: number,
): Promise<number> {
  const path = dev === AT_FDCWD ? 'dev/pts/ptmx' : 'pts/ptmx';
  const { master, stat, statfs } = await k.batch((stage) => {
    const master = stage.openat2(dev, path, openHow(PTMX, 0, NO_LINKS)).noted('/dev/pts/ptmx');
    return { master, stat: planStat(stage, master), statfs: planStatfs(stage, master) };
  });
  if (!stat.reply || !statfs.reply || !isPtmx(statOf(stat.reply.out), magicOf(statfs.reply.out))) {
    throw new Error('/dev/pts/ptmx of the container is not the multiplexer of a devpts, so no terminal can be opened');
  }
  const fd = master.reply?.ret ?? -1;
  const slave = await k.batch((stage) => {
    stage.ioctl_in(fd, TTY.TIOCSPTLCK, Buffer.alloc(4));
    const opened = stage.ioctl(fd, TTY.TIOCGPTPEER, O.O_RDWR | O.O_NOCTTY | O.O_CLOEXEC);
    if (size) stage.ioctl_in(fd, TTY.TIOCSWINSZ, winsize(size.height, size.width));
    return opened;
  });
  c.live.master = fd;
  return slave.reply?.ret ?? -1;
}

export async function handOverTerminal(k: Kernel, c: Pick<Container, 'live'>, slave: number): Promise<void> {
  await k.shim.take_master(c.live.pid ?? 0, c.live.master ?? -1);
  await k.batch((stage) => {
    stage.close(c.live.master ?? -1);
    stage.setsid();
    stage.ioctl(slave, TTY.TIOCSCTTY, 0);
    for (const fd of [0, 1, 2]) stage.dup3(slave, fd, 0);
    stage.close(slave);
  });
  c.live.master = undefined;
  c.live.slave = undefined;
}

export const terminalSteps: Step[] = [
  {
    id: 'init.open-terminal',
    title: 'Open a pseudo-terminal',
    explain: `-t asks for a terminal: a pair of devices, of which the program gets one end (the slave, /dev/pts/0) and the shim the other (the master).
What you type goes into the master and comes out of the slave as if from a keyboard; in between, the kernel's line discipline echoes, edits lines and turns Ctrl-C into SIGINT. It is opened in the container's own devpts, so that its name exists inside. See pty(7), ioctl_tty(2).`,
    when: (c) => c.spec.process.terminal,
    async do(k, c) {
      const dev = heldOf(c, 'dev');
      const slave = await openTerminal(k, c, c.spec.process.consoleSize, dev);
      c.live.slave = slave;
      await k.batch((stage) => {
        stage.fchownat(slave, '', c.spec.process.user.uid, -1, AT.AT_EMPTY_PATH);
        const console = stage.openat2(dev, 'console', openHow(O.O_PATH | O.O_CLOEXEC, 0, NO_LINKS)).mayFail('ENOENT');
        const tree = coverWith(stage, slave, console, 0, '/dev/console');
        stage.close(tree);
        stage.close(console);
      });
      k.fact({ kind: 'mount', key: '/dev/console', value: 'bind /dev/pts/0' });
    },
  },
  {
    id: 'init.controlling-terminal',
    title: 'Make it the controlling terminal',
    explain: `The shim fetches the master with pidfd_getfd(2). The stage starts a new session with setsid(2), takes the slave as its controlling terminal, and makes it stdin, stdout and stderr.
Only a session leader can have a controlling terminal, and without one a shell has no job control: Ctrl-C and Ctrl-Z would do nothing. See setsid(2), TIOCSCTTY in ioctl_tty(2), credentials(7).`,
    // a process in a joined pid namespace does this after its birth there, because it must lead a session of its own
    when: (c) => c.spec.process.terminal && !joinsPid(c),
    do: (k, c) => handOverTerminal(k, c, c.live.slave ?? -1),
  },
  {
    id: 'init.new-session',
    title: 'Start a new session',
    explain: `Without a terminal the process still gets a session of its own, so that Ctrl-C on a terminal outside sends it no signal. Its output goes into two pipes that the shim reads. See setsid(2), pipe(7).`,
    when: (c) => !c.spec.process.terminal && !joinsPid(c),
    async do(k) {
      await k.stage.setsid();
    },
  },
];
