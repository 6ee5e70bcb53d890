import type { Command } from 'commander';
import { visible } from '../../../journal/visible.ts';
import { connectTo } from '../../client/connection.ts';
import { json, print, warn } from '../../terminal/columns.ts';
import { binarySize } from '../../terminal/format.ts';
import { verb } from '../../flags/verb.ts';

type Info = Record<string, unknown>;
const lines: readonly [label: string, key: string, text?: (value: unknown) => string][] = [
  ['Server Version', 'ServerVersion'],
  ['Name', 'Name'],
  ['Operating System', 'OperatingSystem'],
  ['Kernel Version', 'KernelVersion'],
  ['Architecture', 'Architecture'],
  ['CPUs', 'NCPU'],
  ['Total Memory', 'MemTotal', (v) => binarySize(Number(v))],
  ['Containers', 'Containers'],
  ['  Running', 'ContainersRunning'],
  ['  Paused', 'ContainersPaused'],
  ['  Stopped', 'ContainersStopped'],
  ['Images', 'Images'],
  ['Storage Driver', 'Driver'],
  ['Cgroup Driver', 'CgroupDriver'],
  ['Cgroup Version', 'CgroupVersion'],
  ['Security Options', 'SecurityOptions', (v) => (v as string[]).join(', ')],
  ['Root Directory', 'DockerRootDir'],
];

export function command(): Command {
  return verb('info', 'Show what the daemon is and has.', 'info', 'info --json')
    .option('--json', "the daemon's answer as it is")
    .action(async (options: { json?: boolean }, command: Command) => {
      const client = await connectTo(command);
      const info = await client.get<Info>('/info');
      const own = await client.get<Info>('/drydock/info');
      if (options.json) return json({ ...info, Drydock: own });
      for (const [label, key, text = String] of lines)
        if (info[key] !== undefined && info[key] !== null) print(`${label}: ${visible(text(info[key]))}`);
      for (const [key, value] of Object.entries(own))
        if (typeof value !== 'object' && !key.startsWith('Containers'))
          print(`Drydock ${key}: ${visible(String(value))}`);
      for (const warning of (info['Warnings'] as string[] | null | undefined) ?? []) warn(`WARNING: ${warning}`);
    });
}
