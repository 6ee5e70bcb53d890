/**
 * The stages of a build as lanes that run side by side. A stage names only earlier ones, so none waits for itself.
 *
 *   deps  ──RUN──RUN─────────┐ COPY --from=deps
 *   tools ──RUN──┐           ▼
 *   app   ──RUN──COPY --from=tools──COPY──RUN
 *
 * What the target does not need is not built. The first failure ends the others.
 */
import { availableParallelism } from 'node:os';
import type { Lane, Lanes, Step } from '../../operation/step.ts';
import type { Report, Reports } from './report.ts';
import { Slots } from './slots.ts';

/** A RUN waits for the network and the disk about as long as it computes. */
const LANES_PER_PROCESSOR = 2;

/** What a stage's context has for its lane. */
interface StageContext {
  readonly reports: Reports;
  say: Report;
  readonly signal: AbortSignal;
  claim?: (() => void) | undefined;
}
interface StageResult {
  image?: { readonly id: string } | undefined;
}

export interface StageLane<C extends StageContext, State extends StageResult> extends Lane<C> {
  readonly stage: State;
  /** settles with its end */
  ended?: Promise<void>;
  over?: true;
}

export class StageLanes<C extends StageContext, State extends StageResult> implements Lanes<C> {
  readonly #slots: Slots;
  readonly #begun: StageLane<C, State>[] = [];
  #along: ((lane: Lane<C>) => Promise<void>) | undefined;
  #failed: Error | undefined;

  /**
   * `lanes`: of all stages up to the target. `needed`: the numbers of those that are built. `cut` ends all.
   * `inOrder`: one after another, in the order of the Dockerfile.
   */
  constructor(
    private readonly lanes: readonly StageLane<C, State>[],
    private readonly needed: readonly number[],
    readonly last: readonly Step<C>[],
    private readonly cut: AbortController,
    inOrder: boolean,
  ) {
    this.#slots = new Slots(inOrder ? 1 : availableParallelism() * LANES_PER_PROCESSOR);
  }

  get all(): readonly StageLane<C, State>[] {
    return this.lanes.filter((lane, index) => lane.ended !== undefined || this.needed.includes(index));
  }

  async perform(along: (lane: Lane<C>) => Promise<void>): Promise<void> {
    this.#along = along;
    const { reports } = this.lanes[0]!.subject;
    reports.expect(this.needed);
    for (const index of this.needed) void this.#begin(index);
    // an ONBUILD of a base may begin one more
    for (let known = 0; known < this.#begun.length;) {
      const others = this.#begun.slice(known);
      known = this.#begun.length;
      for (const { ended } of others) await ended?.catch(() => undefined);
    }
    await reports.close();
    if (this.#failed) throw this.#failed;
  }

  /** The stage, when it is built. While this one waits, another one has its place. */
  async when(index: number): Promise<State> {
    const lane = this.lanes[index]!;
    if (lane.over) return lane.stage;
    this.#slots.give();
    try {
      await this.#begin(index);
    } finally {
      await this.#slots.take();
    }
    return lane.stage;
  }

  #begin(index: number): Promise<void> {
    const lane = this.lanes[index]!;
    if (lane.ended) return lane.ended;
    const ended = (lane.ended = this.#build(lane));
    // `perform` tells the first failure
    ended.catch(() => undefined);
    this.#begun.push(lane);
    return ended;
  }

  async #build(lane: StageLane<C, State>): Promise<void> {
    const { say, signal } = lane.subject;
    await this.#slots.take();
    try {
      signal.throwIfAborted();
      await this.#along!(lane);
      lane.over = true;
      if (lane.stage.image) say.made(lane.stage.image.id);
      say.ended?.();
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      say.ended?.(this.#failed ? new Error('context canceled') : error);
      this.#failed ??= error;
      this.cut.abort(error);
      throw error;
    } finally {
      lane.subject.claim?.();
      this.#slots.give();
    }
  }
}
