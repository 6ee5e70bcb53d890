/** One probe of a health check: an exec whose output is kept, and which is killed when it takes too long. */
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecSession } from './exec-session.ts';

/** In bytes, as in dockerd. */
const OUTPUT_MOST = 4096;
/** As in dockerd, the start has a limit of its own and does not count towards the timeout. */
const START_MS = 30_000;
/** Between two attempts to kill it. */
const KILL_AGAIN_MS = 20;
/** A process in an uninterruptible sleep outlives SIGKILL; see proc_pid_stat(5), state D. */
const KILL_MS = 10_000;

export interface ProbeResult {
  exitCode: number;
  output: string;
}

/** Takes all output and keeps its beginning. */
class Output extends Duplex {
  readonly #parts: Buffer[] = [];
  #left = OUTPUT_MOST;
  #cut = false;

  override _write(data: Buffer, _encoding: unknown, done: () => void): void {
    if (this.#left) this.#parts.push(Buffer.from(data.subarray(0, this.#left)));
    this.#cut ||= data.length > this.#left;
    this.#left -= Math.min(data.length, this.#left);
    done();
  }
  override _read(): void {
    // nothing is typed
  }
  get text(): string {
    return `${Buffer.concat(this.#parts).toString('utf8')}${this.#cut ? '...' : ''}`;
  }
}

/** 90500 → '1m30.5s': the String method of Go's time.Duration, for whole milliseconds. */
export function goText(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  return `${hours ? `${hours}h` : ''}${ms >= 60_000 ? `${minutes}m` : ''}${seconds}s`;
}

export class HealthProbe {
  readonly #output = new Output();
  #over = false;

  constructor(
    readonly session: ExecSession,
    private readonly timeout: number,
  ) {}

  /** Never rejects. */
  async run(): Promise<ProbeResult> {
    const { session } = this;
    const streams = { stdin: false, stdout: true, stderr: true, raw: true, logs: false, stream: true };
    const coupled = session.attach(this.#output, streams);
    try {
      const started = session.start({}).then(() => true);
      if (!(await within(START_MS, started))) {
        await this.end();
        return {
          exitCode: -1,
          output: `timed out starting health check for container ${session.container.container.id}`,
        };
      }
      const exitCode = await within(this.timeout, session.wait());
      if (exitCode === undefined) {
        await this.end();
        const output = this.#output.text;
        const why = `Health check exceeded timeout (${goText(this.timeout)})`;
        return { exitCode: -1, output: output ? `${why}: ${output}` : why };
      }
      await coupled;
      return { exitCode, output: this.#output.text };
    } catch (error) {
      return { exitCode: -1, output: (error as Error).message };
    } finally {
      this.#over = true;
    }
  }

  /** Resolves when it has ended, or cannot be killed. */
  async end(): Promise<void> {
    const over = this.session.wait().then(() => true);
    for (const until = Date.now() + KILL_MS; !this.#over && Date.now() < until;) {
      await this.session.kill().catch(() => undefined);
      if (await within(KILL_AGAIN_MS, over)) return;
    }
  }
}

/** Undefined when `work` takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const limit = new AbortController();
  try {
    return await Promise.race([work, sleep(ms, undefined, { signal: limit.signal }).catch(() => undefined)]);
  } finally {
    limit.abort();
  }
}
