/** Texts of the tour: a container's start in chapters, each with what is seen in its picture. */
export const tour = {
  title: 'A container is being born',
  chapters: {
    image: {
      title: 'Find the image',
      text: 'The name ubuntu stands for an image: a list of layers with files, and a short description of what to run. If the layers are not on this machine yet, they are fetched now.',
    },
    config: {
      title: 'Write down what is wanted',
      text: 'The image says what to run, the command line says how. Both become one file, config.json. From here on the steps read only this file.',
    },
    limits: {
      title: 'Limit what it may use',
      text: 'A control group (cgroup) is a directory in which the kernel counts memory, processor time and processes. The number 64 MiB is written into one of its files before there is a process to be limited.',
    },
    process: {
      title: 'Make a process',
      text: 'Now there is something new on the machine: clone3 makes a process. It is still a small program of Drydock, and it runs on your kernel like every other process. A container is no more than that.',
    },
    namespaces: {
      title: 'Change what it sees',
      text: 'One system call after another gives the process its own mounts, host name, message queues and network devices. In the picture one rope after the other is cut from the host.',
    },
    files: {
      title: 'Give it files',
      text: "The image's layers lie read-only below each other. On top comes one empty directory for everything that this container will write. Overlayfs shows them as a single tree.",
    },
    network: {
      title: 'Connect it to the network',
      text: 'A pair of virtual network devices works like a cable: one end goes into a bridge on the host, the other becomes eth0 inside. It gets an address, a route, and rules that let its packets out.',
    },
    fill: {
      title: 'Add what every program expects',
      text: 'Programs look for /proc, /dev and /sys. These are no files of the image: they are mounted new, so that they show this container and not the host.',
    },
    pivot: {
      title: 'Change the root',
      text: 'The most important moment: pivot_root puts the new tree in the place of /, and the old one is let go. From now on no path leads to the files of the host.',
    },
    settle: {
      title: 'Set the last details',
      text: 'The host name, a terminal, and the files of /proc that a container must not read or write.',
    },
    rights: {
      title: 'Take away rights',
      text: 'It is still root, and root may do anything. So most of the capabilities are given up, and a seccomp filter is installed, which checks every later system call.',
    },
    execute: {
      title: 'Become the program',
      text: 'The last call: execve replaces the small program by /bin/bash. The process, its number and all that was prepared stay as they are.',
    },
    runs: {
      title: 'It runs',
      text: 'This is a container: a process with its own view, its own files, and limits. The terminal is its own. Click into it and type, for instance, hostname or ls /.',
    },
    ended: {
      title: 'It has ended',
      text: 'The process is gone. Its files stay until the container is removed. The line at the bottom leads back to every moment of its start.',
    },
  },
  place: (n: number, of: number) => `${n} of ${of}`,
  step: 'This step:',
  pause: 'stop here',
  resume: 'go on',
  next: 'next step',
  takeOver: 'take over',
  takeOverTitle: 'ends the tour; the run stands where it is, and all controls are yours',
  end: 'end and clean up',
  endTitle: 'takes back what was done, removes the container, and returns to the map',
  toLesson: 'Take the first lesson',
  lookAround: 'Look around by yourself',
  stopped: 'It stands still. Nothing happens until you go on.',
  past: 'You look at the past.',
  toLive: 'back to LIVE',
  contents: 'Chapters',
};
