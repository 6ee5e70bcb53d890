/**
 * What the page does: through the past with the cursor, and in the present by asking the daemon. What it knows is in
 * Knowledge.
 */
import type { Action, GateCommand } from '../../server/live/protocol.ts';
import { Knowledge } from './knowledge.svelte.ts';
import { phasesAfter } from './phase-order.ts';
import { seekFrom, type Unit } from './seek.ts';

export type Mode = 'run' | 'step' | 'syscall';

export class Playground extends Knowledge {
  mode = $state<Mode>('step');
  breakpoints = $state.raw<ReadonlySet<string>>(new Set());
  /** breakpoints that are only for getting to the next phase */
  readonly #passing = new Set<string>();

  protected override stands(): void {
    for (const at of this.#passing) if (!this.breakpoints.has(at)) void this.gate({ command: 'clear', at });
    this.#passing.clear();
  }
  protected override leaves(): void {
    this.#passing.clear();
  }

  back(unit: Unit): void {
    const to = seekFrom(this.events, this.shown, unit, -1);
    if (to !== undefined) this.seek(to);
  }

  /** Through the past as far as it goes; then, at the gate, in the running container. */
  forward(unit: Unit): void {
    if (!this.live) return this.seek(seekFrom(this.events, this.shown, unit, 1));
    if (!this.held) return;
    if (unit === 'phase') void this.toNextPhase();
    else
      void this.gate({
        command:
          unit === 'call' || (this.mode === 'syscall' && !this.held.next)
            ? 'into'
            : unit === 'step' && this.mode === 'syscall'
              ? 'into'
              : 'next',
      });
  }

  async toNextPhase(): Promise<void> {
    for (const phase of phasesAfter(this.held?.step ?? '')) {
      this.#passing.add(phase);
      if (!(await this.gate({ command: 'break', at: phase }))) return;
    }
    await this.gate({ command: 'continue' });
  }

  /** False when it was refused, and why is shown. In the past nothing is sent. */
  async gate(command: GateCommand): Promise<boolean> {
    if (!this.live) return false;
    return this.#try(() => this.connection.ask('gate', { id: this.id, command }));
  }

  /** Space: on from where it stands, or, of what goes on by itself, a stop before what comes next. */
  async hold(): Promise<void> {
    if (this.held) await this.gate({ command: 'continue' });
    else if (this.underWay) await this.gate({ command: 'pause' });
  }

  /** A new run with the same arguments, up to the step that is looked at. */
  async again(at: string): Promise<void> {
    await this.#try(async () => this.meet((await this.connection.ask('again', { id: this.id, at, follow: true })).id));
  }

  async act(action: Action): Promise<void> {
    if (this.live) await this.#try(() => this.connection.ask('act', { id: this.id, action }));
  }

  toggleBreakpoint(at: string): void {
    if (!this.live) return;
    const set = !this.breakpoints.has(at);
    this.breakpoints = new Set(set ? [...this.breakpoints, at] : [...this.breakpoints].filter((one) => one !== at));
    const under = this.row && !['created', 'exited', 'dead'].includes(this.row.status);
    if (under || this.held) void this.gate({ command: set ? 'break' : 'clear', at });
  }

  /** False when there is no container: the message says why. */
  run(line: string): Promise<boolean> {
    return this.#try(async () => {
      const { id } = await this.connection.ask('run', {
        line,
        step: this.mode !== 'run',
        break: [...this.breakpoints],
        follow: true,
      });
      await this.meet(id);
    });
  }

  async #try(ask: () => Promise<unknown>): Promise<boolean> {
    try {
      await ask();
      this.message = '';
      return true;
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}
