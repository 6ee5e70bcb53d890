/**
 * Reports of stages that run side by side, as one text in the order of the Dockerfile: a stage is heard when all before
 * it have ended. What it says until then is kept; when that is much, its RUN waits.
 */
import type { Report, Reports } from './report.ts';

/** In characters, of all stages that wait. */
const WAITING_MOST = 1 << 20;

interface Said {
  say(): void | Promise<void>;
  size: number;
  /** called when it was told, or never will be */
  done(): void;
}
interface Line {
  queue: Said[];
  over: boolean;
}

export class OrderedReports implements Reports {
  readonly #lines = new Map<number, Line>();
  #waiting = 0;
  #isPumping = false;
  #pumping: Promise<void> = Promise.resolve();
  /** The build has failed: only the stage with which it has failed is told on. */
  #failed: Line | undefined;

  constructor(private readonly to: Report) {}

  expect(indexes: readonly number[]): void {
    for (const index of indexes) this.#line(index);
  }

  of(index: number): Report {
    const { to } = this;
    const put = (say: Said['say'], size: number) => this.#put(this.#line(index), say, size);
    return {
      tell: (text) => void put(() => to.tell(text), text.length),
      begins: (one) => void put(() => to.begins?.(one), one.text.length),
      cached: () => void put(() => to.cached?.(), 0),
      output: (text, stream) => put(() => to.output(text, stream), text.length),
      made: (id) => void put(() => to.made(id), id.length),
      ended: (error) => (error ? this.#stop(this.#line(index)) : this.#end(this.#line(index))),
    };
  }

  #line(index: number): Line {
    const there = this.#lines.get(index);
    if (there) return there;
    const line: Line = { queue: [], over: false };
    this.#lines.set(index, line);
    return line;
  }

  /** The first that is not told to its end, in the order of the stages. */
  #front(): Line | undefined {
    if (this.#failed) return this.#failed;
    const inOrder = [...this.#lines].sort(([one], [other]) => one - other);
    return inOrder.find(([, { over, queue }]) => !over || queue.length)?.[1];
  }

  /** Resolves when more may be said. */
  #put(line: Line, say: Said['say'], size: number): Promise<void> {
    if (this.#failed && line !== this.#failed) return Promise.resolve();
    const isFront = line === this.#front();
    if (isFront && !this.#isPumping && !line.queue.length) return Promise.resolve(say());
    this.#waiting += size;
    const told = new Promise<void>((done) => line.queue.push({ say, size, done }));
    this.#pump();
    return isFront || this.#waiting > WAITING_MOST ? told : Promise.resolve();
  }

  #end(line: Line): void {
    line.over = true;
    this.#pump();
  }

  /** What other stages have not told yet is dropped. */
  #stop(failed: Line): void {
    if (this.#failed) return;
    this.#failed = failed;
    for (const line of this.#lines.values())
      if (line !== failed) for (const said of line.queue.splice(0)) this.#settle(said);
    this.#pump();
  }

  #settle({ size, done }: Said): void {
    this.#waiting -= size;
    done();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pumping = this.#tellFront();
  }

  async #tellFront(): Promise<void> {
    try {
      for (let said; (said = this.#front()?.queue.shift());) {
        await said.say();
        this.#settle(said);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  async close(): Promise<void> {
    await this.#pumping;
  }
}
