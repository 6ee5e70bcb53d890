import type { Command } from 'commander';
import { containerPath, type Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { json, table, warn } from '../../terminal/columns.ts';
import { binarySize, decimalSize, shortID } from '../../terminal/format.ts';
import { messageOf } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

interface Options {
  all?: boolean;
  stream: boolean;
  json?: boolean;
  trunc: boolean;
}
interface Cpu {
  cpu_usage?: { total_usage?: number };
  system_cpu_usage?: number;
  online_cpus?: number;
}
interface Sample {
  id: string;
  name: string;
  cpu_stats?: Cpu;
  precpu_stats?: Cpu;
  memory_stats?: { usage?: number; limit?: number; stats?: Record<string, number> };
  pids_stats?: { current?: number };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>;
  blkio_stats?: { io_service_bytes_recursive?: { op: string; value: number }[] | null };
}

/** CPU use between the two samples, in percent of one CPU: Engine API, "Get container stats". */
export function cpuPercent({ cpu_stats: now, precpu_stats: before }: Sample): number {
  const used = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const system = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  return used > 0 && system > 0 ? (used / system) * (now?.online_cpus ?? 1) * 100 : 0;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const headings = ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'NET I/O', 'BLOCK I/O', 'PIDS'];
function row(sample: Sample, full: boolean): string[] {
  const { usage = 0, limit = 0, stats = {} } = sample.memory_stats ?? {};
  // page cache that can be dropped does not count as the container's memory
  const memory = Math.max(0, usage - (stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0));
  const nets = Object.values(sample.networks ?? {});
  const blocks = (op: RegExp) =>
    sum(
      (sample.blkio_stats?.io_service_bytes_recursive ?? [])
        .filter((entry) => op.test(entry.op))
        .map(({ value }) => value),
    );
  return [
    full ? sample.id : shortID(sample.id),
    sample.name.replace(/^\//, ''),
    `${cpuPercent(sample).toFixed(2)}%`,
    `${binarySize(memory)} / ${binarySize(limit)}`,
    `${(limit ? (memory / limit) * 100 : 0).toFixed(2)}%`,
    `${decimalSize(sum(nets.map((n) => n.rx_bytes)))} / ${decimalSize(sum(nets.map((n) => n.tx_bytes)))}`,
    `${decimalSize(blocks(/^read$/i))} / ${decimalSize(blocks(/^write$/i))}`,
    String(sample.pids_stats?.current ?? 0),
  ];
}

const idsOf = async (client: Client, all: boolean | undefined) =>
  (await client.get<{ Id: string }[]>('/containers/json', { all })).map(({ Id }) => Id);

export function command(): Command {
  return verb(
    'stats',
    'Show what containers use, once a second.',
    'stats',
    'stats --no-stream web',
    'stats --no-stream --json',
  )
    .argument('[container...]')
    .option('-a, --all', 'also those that do not run')
    .option('--no-stream', 'once only')
    .option('--no-trunc', 'do not shorten')
    .option('--json', "the daemon's samples, one object a line")
    .action(async (names: string[], options: Options, command: Command) => {
      const client = await connectTo(command);
      do {
        const ids = names.length ? names : await idsOf(client, options.all);
        const samples = await Promise.all(
          ids.map((id) =>
            client.get<Sample>(containerPath(id, '/stats'), { stream: 0 }).catch((error: unknown) => {
              // a container that ended since it was listed is left out; one that the user named must exist
              if (names.length) throw error;
              if (process.env['DRYDOCK_DEBUG']) warn(`drydock: ${messageOf(error)}`);
              return undefined;
            }),
          ),
        );
        const found = samples.filter((sample) => sample !== undefined);
        if (options.json) found.forEach((sample) => json(sample, 0));
        else
          process.stdout.write(
            (options.stream && process.stdout.isTTY ? '\u001b[H\u001b[2J' : '') +
              table([headings, ...found.map((sample) => row(sample, !options.trunc))]),
          );
        if (options.stream && !ids.length) await new Promise((resolve) => setTimeout(resolve, 1000));
      } while (options.stream);
    });
}
