/** Every verb and its file. Only the file of the requested verb is loaded. */
import type { Entry } from './flags/verb.ts';

const entry =
  (group: string) =>
  (name: string, summary: string, load: Entry['load']): Entry => ({ name, summary, group, load });

const life = entry('Containers:');
const look = entry('Look at them:');
const inside = entry('Walk round the hull:');
const image = entry('Images:');
const volume = entry('Volumes:');
const network = entry('Networks:');
const daemon = entry('The daemon:');

export const verbs: readonly Entry[] = [
  life('run', 'create a container from an image and start it', () => import('./verbs/container/run.ts')),
  life('create', 'create a container without starting it', () => import('./verbs/container/create.ts')),
  life('start', 'start stopped containers', () => import('./verbs/container/start.ts')),
  life('stop', 'stop running containers', () => import('./verbs/container/stop.ts')),
  life('kill', 'send a signal to running containers', () => import('./verbs/container/kill.ts')),
  life('restart', 'stop and start containers', () => import('./verbs/container/restart.ts')),
  life('pause', 'freeze all processes of containers', () => import('./verbs/container/pause.ts')),
  life('unpause', 'let frozen containers go on', () => import('./verbs/container/unpause.ts')),
  life('exec', 'run a command in a running container', () => import('./verbs/container/exec.ts')),
  life('attach', 'connect the terminal to a running container', () => import('./verbs/container/attach.ts')),
  life('cp', 'copy files into a container or out of it', () => import('./verbs/container/cp.ts')),
  life('commit', 'make an image of a container', () => import('./verbs/container/commit.ts')),
  life('wait', 'wait until containers end, print their exit codes', () => import('./verbs/container/wait.ts')),
  life('rename', 'give a container another name', () => import('./verbs/container/rename.ts')),
  life('update', 'change the limits of containers', () => import('./verbs/container/update.ts')),
  life('rm', 'remove containers', () => import('./verbs/container/rm.ts')),
  look('ps', 'list containers', () => import('./verbs/container/ps.ts')),
  look('logs', 'print what a container wrote', () => import('./verbs/container/logs.ts')),
  look('inspect', 'show what is known of containers and images', () => import('./verbs/container/inspect.ts')),
  look('diff', "list what a container changed of its image's files", () => import('./verbs/container/diff.ts')),
  look('export', "write a container's files as a tar archive", () => import('./verbs/container/export.ts')),
  look('top', 'list the processes of a container', () => import('./verbs/container/top.ts')),
  look('port', "list the host's ports that lead to a container", () => import('./verbs/container/port.ts')),
  look('stats', 'show what containers use', () => import('./verbs/container/stats.ts')),
  look('events', 'follow what happens in the daemon', () => import('./verbs/daemon/events.ts')),
  inside('phases', 'list the steps of the lifecycle and explain them', () => import('./verbs/walk/phases.ts')),
  inside('trace', "print a container's journal, as strace would", () => import('./verbs/walk/trace.ts')),
  inside('frame', 'tell what was true after an event of the journal', () => import('./verbs/walk/frame.ts')),
  inside('compare', 'tell in which steps two containers or operations differ', () => import('./verbs/walk/compare.ts')),
  inside('operations', 'list pulls, each with a journal of its own', () => import('./verbs/walk/operations.ts')),
  inside('gate', 'move on a container that stands at a step', () => import('./verbs/walk/gate.ts')),
  inside('record', 'write a run into one HTML file, to be looked at anywhere', () => import('./verbs/walk/record.ts')),
  inside('playground', 'open the page on which all of this can be seen', () => import('./verbs/walk/playground.ts')),
  inside('lesson', 'take a lesson on a real container', () => import('./verbs/walk/lesson.ts')),
  inside('challenge', 'find the fault of a broken container', () => import('./verbs/walk/challenge.ts')),
  image('build', 'build an image from a Dockerfile', () => import('./verbs/image/build.ts')),
  image('pull', 'fetch an image from its registry', () => import('./verbs/image/pull.ts')),
  image('push', 'send an image to its registry', () => import('./verbs/image/push.ts')),
  image('login', 'keep the password of a registry', () => import('./verbs/image/login.ts')),
  image('logout', 'forget the password of a registry', () => import('./verbs/image/logout.ts')),
  image('import', 'make an image of an archive of files', () => import('./verbs/image/import.ts')),
  image('save', 'write images into an archive', () => import('./verbs/image/save.ts')),
  image('load', 'add the images of an archive', () => import('./verbs/image/load.ts')),
  image('images', 'list images', () => import('./verbs/image/images.ts')),
  image('verify', 'compute the digests of images again', () => import('./verbs/image/verify.ts')),
  image('history', 'list the layers of an image', () => import('./verbs/image/history.ts')),
  image('tag', 'give an image another name', () => import('./verbs/image/tag.ts')),
  image('rmi', 'remove images', () => import('./verbs/image/rmi.ts')),
  image('registry', 'serve images to other machines', () => import('./verbs/registry/registry.ts')),
  volume('volume', 'create, list, inspect, remove and prune volumes', () => import('./verbs/volume/volume.ts')),
  network('network', 'make networks, and connect containers to them', () => import('./verbs/network/network.ts')),
  network('why', 'tell why one reaches another, or where it stops', () => import('./verbs/network/why.ts')),
  daemon('daemon', 'run the daemon in the foreground', () => import('./verbs/daemon/daemon.ts')),
  daemon('system', 'what other programs need of the daemon', () => import('./verbs/daemon/system.ts')),
  daemon('shutdown', 'end the daemon; containers go on', () => import('./verbs/daemon/shutdown.ts')),
  daemon('info', 'show what the daemon is and has', () => import('./verbs/daemon/info.ts')),
  daemon('version', 'show the versions of client and daemon', () => import('./verbs/daemon/version.ts')),
  daemon('completion', 'print the completion script for a shell', async () => {
    const { command } = await import('./verbs/daemon/completion.ts');
    return { command: () => command(verbs) };
  }),
];
