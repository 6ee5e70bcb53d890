/** A real shim with a real stage, without a container: tests native/shim.c and native/stage.c alone. */
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import { endShim } from '../../runtime/kernel/process/shim.ts';
import type { ContainerPaths, Live } from '../../runtime/container/container.ts';
import type { LogLimits } from '../../runtime/container/logs/driver.ts';
import { readRecords } from '../../runtime/container/logs/log-record.ts';
import { Tap } from '../../runtime/container/io/tap.ts';
import type { Process } from '../../runtime/oci/spec.ts';
import { closeLive, startShim } from '../../runtime/executor/stage/create/process.ts';
import { execute } from '../../runtime/executor/stage/init/program.ts';

export const PIPES = 1;
export const WITH_STDIN = 3;
const all: RealShim[] = [];

export interface Hearing {
  tap: Tap;
  out: Buffer[];
  err: Buffer[];
  ended: boolean;
}

export class RealShim {
  readonly k = new LinuxKernel();
  readonly live: Live = {};
  readonly id = `ddtest-${process.pid}-${all.length}`;
  readonly dir = mkdtempSync('/tmp/ddtest-shim-');
  readonly paths = {
    runDir: `${this.dir}/r`,
    shimSocket: `${this.dir}/r/s`,
    exit: `${this.dir}/r/exit`,
    log: `${this.dir}/output.log`,
  } as ContainerPaths;

  static async start(stdio: number = PIPES, flags = 0, limits?: LogLimits): Promise<RealShim> {
    const shim = new RealShim();
    all.push(shim);
    mkdirSync(shim.paths.runDir);
    await startShim(shim.k, shim, shim.id, { path: shim.paths.log, ...(limits && { limits }) });
    shim.live.pid = await shim.k.shim.clone3_stage(flags, stdio, -1);
    shim.live.pidfd = await shim.k.daemon.pidfd_open(shim.live.pid, 0);
    return shim;
  }

  /** The last step of a start: after it the program runs and the shim stays as its parent. */
  async execute(...args: string[]): Promise<void> {
    const process: Process = {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args,
      env: ['PATH=/usr/bin:/bin'],
      cwd: '/',
      noNewPrivileges: false,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
    };
    await execute(this.k, process, args[0] ?? '');
    await this.k.shim.release();
  }
  sh(script: string): Promise<void> {
    return this.execute('/bin/sh', '-c', script);
  }

  /** Connects to the tap. */
  async listen(): Promise<Hearing> {
    const hearing: Omit<Hearing, 'tap'> = { out: [], err: [], ended: false };
    const tap = await Tap.open(this.paths.shimSocket, {
      output: (stream, frame) => void (stream === 1 ? hearing.out : hearing.err).push(Buffer.from(frame.subarray(8))),
      ended: () => (hearing.ended = true),
    });
    return Object.assign(hearing, { tap });
  }

  get exit(): string | undefined {
    return existsSync(this.paths.exit) ? readFileSync(this.paths.exit, 'utf8') : undefined;
  }
  get log(): { stream: number; text: string; ns: bigint }[] {
    const fd = openSync(this.paths.log, 'r');
    const records = [...readRecords(fd, 0)].map(({ stream, data, ns }) => ({
      stream,
      text: data.toString('latin1'),
      ns,
    }));
    closeSync(fd);
    return records;
  }
  logged(stream: 1 | 2 = 1): string {
    return this.log
      .filter((record) => record.stream === stream)
      .map(({ text }) => text)
      .join('');
  }

  async end(): Promise<void> {
    const { pidfd } = this.live;
    if (pidfd !== undefined) await this.k.daemon.pidfd_send_signal(pidfd, 9, 0).catch(() => undefined);
    await closeLive(this.k, this.live);
    await endShim(this.k, this);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export async function endAll(): Promise<void> {
  for (const shim of all.splice(0)) await shim.end();
}

/** One field of /proc/PID/status; '' if the process does not exist. */
export function statusOf(pid: number, field: string): string {
  try {
    return new RegExp(`^${field}:\\s*(.*)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
export const descriptorsOf = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`).sort();
/** True if the process exists and is not a zombie. */
export const isAlive = (pid: number): boolean => !['', 'Z', 'X'].includes(statusOf(pid, 'State').slice(0, 1));
