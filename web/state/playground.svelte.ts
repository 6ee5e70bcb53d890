/**
 * The page's actions: moving the cursor through the past, and requests to the daemon in the present. The data is in
 * Knowledge, the page's places in Moves.
 */
import type { Action, GateCommand } from '../../server/live/protocol.ts';
import { Moves } from './moves.svelte.ts';
import { phasesAfter } from './phase-order.ts';
import { seekFrom, type Unit } from './seek.ts';

export type Mode = 'run' | 'step' | 'syscall';

export class Playground extends Moves {
  mode = $state<Mode>('step');
  breakpoints = $state.raw<ReadonlySet<string>>(new Set());
  /** temporary breakpoints, for going to the next phase */
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

  /** Moves the cursor forward; at the end of the journal, continues the held run by one unit. */
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

  /** False when the daemon refused; the reason is shown. Sends nothing while the cursor is in the past. */
  async gate(command: GateCommand): Promise<boolean> {
    if (!this.live) return false;
    return this.#try(() => this.connection.ask('gate', { id: this.id, command }));
  }

  /** Space: continues a held run, or stops a moving one before its next step. */
  async hold(): Promise<void> {
    if (this.held) await this.gate({ command: 'continue' });
    else if (this.underWay) await this.gate({ command: 'pause' });
  }

  /** Starts a new run with the same arguments, up to the selected step. */
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

  /** False when no container was made: a message shows why. */
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

  /** Connects a container to a network, or disconnects it. False when it was refused: a message says why. */
  endpoint(container: string, network: string, on: boolean): Promise<boolean> {
    return this.#try(() => this.connection.ask('endpoint', { container, network, on }));
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
