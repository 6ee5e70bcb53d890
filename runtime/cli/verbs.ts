/** Every verb, and the file that knows it: only the one that is asked for is loaded. */
import type { Entry } from './verb.ts';

const entry =
  (group: string) =>
  (name: string, summary: string, load: Entry['load']): Entry => ({ name, summary, group, load });

const life = entry('Containers:');
const look = entry('Look at them:');
const inside = entry('Walk round the hull:');
const image = entry('Images:');
const daemon = entry('The daemon:');

export const verbs: readonly Entry[] = [
  life('run', 'create a container from an image and start it', () => import('./run.ts')),
  life('create', 'create a container without starting it', () => import('./create.ts')),
  life('start', 'start stopped containers', () => import('./start.ts')),
  life('stop', 'stop running containers', () => import('./stop.ts')),
  life('kill', 'send a signal to running containers', () => import('./kill.ts')),
  life('restart', 'stop and start containers', () => import('./restart.ts')),
  life('pause', 'freeze all processes of containers', () => import('./pause.ts')),
  life('unpause', 'let frozen containers go on', () => import('./unpause.ts')),
  life('exec', 'run a command in a running container', () => import('./exec.ts')),
  life('attach', 'connect the terminal to a running container', () => import('./attach.ts')),
  life('wait', 'wait until containers end, print their exit codes', () => import('./wait.ts')),
  life('rename', 'give a container another name', () => import('./rename.ts')),
  life('update', 'change the limits of containers', () => import('./update.ts')),
  life('rm', 'remove containers', () => import('./rm.ts')),
  look('ps', 'list containers', () => import('./ps.ts')),
  look('logs', 'print what a container wrote', () => import('./logs.ts')),
  look('inspect', 'show what is known of containers and images', () => import('./inspect.ts')),
  look('top', 'list the processes of a container', () => import('./top.ts')),
  look('stats', 'show what containers use', () => import('./stats.ts')),
  look('events', 'follow what happens in the daemon', () => import('./events.ts')),
  inside('phases', 'list the steps of the lifecycle and explain them', () => import('./phases.ts')),
  inside('trace', "print a container's journal, as strace would", () => import('./trace.ts')),
  inside('frame', 'tell what was true after an event of the journal', () => import('./frame.ts')),
  inside('operations', 'list pulls, each with a journal of its own', () => import('./operations.ts')),
  inside('gate', 'move on a container that stands at a step', () => import('./gate.ts')),
  inside('record', 'write a run into one HTML file, to be looked at anywhere', () => import('./record.ts')),
  inside('playground', 'open the page on which all of this can be seen', () => import('./playground.ts')),
  inside('lesson', 'take a lesson on a real container', () => import('./lesson.ts')),
  image('pull', 'fetch an image from its registry', () => import('./pull.ts')),
  image('images', 'list images', () => import('./images.ts')),
  image('history', 'list the layers of an image', () => import('./history.ts')),
  image('tag', 'give an image another name', () => import('./tag.ts')),
  image('rmi', 'remove images', () => import('./rmi.ts')),
  daemon('daemon', 'run the daemon in the foreground', () => import('./daemon.ts')),
  daemon('shutdown', 'end the daemon; containers go on', () => import('./shutdown.ts')),
  daemon('info', 'show what the daemon is and has', () => import('./info.ts')),
  daemon('version', 'show the versions of client and daemon', () => import('./version.ts')),
  daemon('completion', 'print the completion script for a shell', async () => {
    const { command } = await import('./completion.ts');
    return { command: () => command(verbs) };
  }),
];
