/** A real overlay of two layers, mounted in the test's directory, and the events of a watch on it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Event, Fact } from '../../runtime/journal/event.ts';
import { frameAt } from '../../runtime/journal/frame.ts';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import { Stack } from '../../runtime/storage/overlay2/stack.ts';
import { UpperState } from '../../runtime/watch/upper-state.ts';
import { UpperWatch } from '../../runtime/watch/upper-watch.ts';
import { sh } from '../harness.ts';

/** name → content; a name that ends in / is a directory. */
export type Files = Record<string, string>;
const fill = (dir: string, files: Files): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(name.endsWith('/') ? join(dir, name) : dirname(join(dir, name)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(dir, name), text);
  }
};

export class RealOverlay {
  readonly dir = mkdtempSync('/dev/shm/drydock-overlay-test-');
  readonly upper = join(this.dir, 'upper');
  readonly merged = join(this.dir, 'merged');
  readonly lowers: { dir: string; digest: string }[];

  /** Highest first; with two layers their digests are 'top' and 'base'. */
  constructor(...layers: Files[]) {
    for (const name of ['upper', 'work', 'merged']) mkdirSync(join(this.dir, name));
    this.lowers = layers.map((files, j) => {
      const dir = join(this.dir, `lower${j}`);
      mkdirSync(dir);
      fill(dir, files);
      return { dir, digest: j === layers.length - 1 ? 'base' : j ? `middle${j}` : 'top' };
    });
  }

  mount(): this {
    sh(
      'mount',
      '-t',
      'overlay',
      'overlay',
      '-o',
      `lowerdir=${this.lowers.map(({ dir }) => dir).join(':')},upperdir=${this.upper},workdir=${join(this.dir, 'work')}`,
      this.merged,
    );
    return this;
  }
  stack = (): Promise<Stack> => Stack.open(daemonKernel(), this.upper, this.lowers);
  /** Runs a shell script in the merged tree. */
  run = (script: string): string => sh('sh', '-ec', `cd ${this.merged}; ${script}`);

  close(): void {
    if (existsSync(join(this.dir, 'work/work'))) sh('umount', this.merged);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export class Watched {
  readonly events: Event[] = [];
  readonly #ended = new AbortController();
  #wake: () => void = () => undefined;
  #over: Promise<void> | undefined;
  constructor(
    readonly overlay: RealOverlay,
    readonly mountPoints: ReadonlySet<string> = new Set(),
  ) {}

  /** `before`: events of an earlier watch. */
  async begin(before: readonly Event[] = []): Promise<this> {
    this.events.push(...before);
    this.#over = UpperWatch.run(
      await this.overlay.stack(),
      this.mountPoints,
      await UpperState.of([this.events]),
      (facts) => this.#told(facts),
      this.#ended.signal,
    );
    return this;
  }
  #told(facts: Fact[]): void {
    this.events.push({ seq: this.events.length, time: performance.now(), run: 1, type: 'fact', facts });
    this.#wake();
  }

  get now(): Record<string, string> {
    return frameAt(this.events, this.events.length - 1).facts.upper ?? {};
  }

  async until(fits: (now: Record<string, string>) => unknown): Promise<void> {
    const late = setTimeout(() => this.#wake(), 61_000);
    const begun = performance.now();
    while (!fits(this.now)) {
      if (performance.now() - begun > 60_000)
        throw new Error(`not told: ${JSON.stringify(this.now, null, 1).slice(0, 4000)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(late);
  }
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#over;
  }
}
